"""What every view is: blocks that cells, terminals and files show in their own way."""

from __future__ import annotations

import shutil
from functools import cached_property
from typing import TYPE_CHECKING, Any

from celltrail.views.html import to_html
from celltrail.views.plain import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celltrail.views.blocks import Block

__all__ = ["View"]

_NO_TERMINAL = (100, 24)


class View:
    """A page that shows itself in a cell and prints itself in a terminal.

    Examples
    --------
    >>> from celltrail.views.blocks import Line
    >>> view = View([Line(("3 runs", "1 failed"))])
    >>> print(view)
    3 runs · 1 failed
    >>> sorted(view._repr_mimebundle_())
    ['text/html', 'text/plain']
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)

    @cached_property
    def html(self) -> str:
        """The view as html, with neither script nor style sheet."""
        return to_html(self.blocks)

    @property
    def text(self) -> str:
        """The view as text, as wide as the terminal."""
        return self.text_within(shutil.get_terminal_size(_NO_TERMINAL).columns)

    def text_within(self, width: int) -> str:
        """Return the view as text of at most `width` columns, code excepted."""
        return to_text(self.blocks, width)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__
