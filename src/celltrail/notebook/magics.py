"""The magics: ``%%track``, ``%track`` and ``%trail``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from celltrail.errors import CelltrailError
from celltrail.notebook.line import words
from celltrail.notebook.manual import TRACK, TRAIL

if TYPE_CHECKING:
    from collections.abc import Callable

    from celltrail.notebook.session import Session

__all__ = ["CelltrailMagics"]

_SAID = {
    "on": "Cells that log something or yield a metric are runs, until %track off.",
    "off": "Only cells that begin with %%track are runs.",
}


def _documented(text: str) -> Callable[[Any], Any]:
    def document(function: Any) -> Any:
        function.__doc__ = text
        return function

    return document


@magics_class
class CelltrailMagics(Magics):
    """The magics of one shell.

    Parameters
    ----------
    shell
        The IPython shell.
    session
        What celltrail does in it.
    """

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self._session = session

    @no_var_expand
    @line_cell_magic
    @_documented(TRACK)
    def track(  # noqa: D102 (it has the manual)
        self, line: str, cell: str | None = None
    ) -> Any:
        if cell is None:
            self._switch(line)
            return None
        # Only where the input transformer was not asked: a cell magic called by name.
        self._session.begin(line)
        self._session.shell.run_cell(cell).raise_error()
        return None

    @no_var_expand
    @line_cell_magic
    @_documented(TRAIL)
    def trail(  # noqa: D102 (it has the manual)
        self, line: str, cell: str | None = None
    ) -> Any:
        from celltrail.notebook.trail_commands import execute

        try:
            return execute(self._session, line, cell)
        except CelltrailError as error:
            raise UsageError(error.message) from None

    def _switch(self, line: str) -> None:
        given = words(line)
        if given in ([], ["-h"], ["--help"]):
            sys.stdout.write(TRACK)
            return
        if len(given) > 1 or given[0] not in _SAID:
            message = (
                f"%track takes on or off, not {line.strip()!r}. To track one cell, "
                "begin it with %%track (two percent signs)."
            )
            raise UsageError(message)
        self._session.automatic = given[0] == "on"
        sys.stdout.write(f"{_SAID[given[0]]}\n")
