"""DataFrames that a magic returns: plain ones, which a cell shows as our own tables.

The frame stays the user's: as soon as it is changed, or something is taken from it, it
is shown as pandas shows it.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from celltrail.views import View

__all__ = ["forget_frames", "show_as", "show_frames"]

_NAMES = (("pandas", "DataFrame"), ("pandas.core.frame", "DataFrame"))
_views: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_made: dict[int, tuple[pd.DataFrame, Callable[[], View]]] = {}


def show_as(frame: pd.DataFrame, make: Callable[[], View]) -> pd.DataFrame:
    """Return the frame itself, which is shown as what `make` returns from now on."""
    key = id(frame)
    _views[key] = frame
    _made[key] = (frame.copy(), make)
    weakref.finalize(frame, _made.pop, key, None)
    return frame


def show_frames(shell: InteractiveShell) -> None:
    """Let a shell know of such frames."""
    for module, name in _NAMES:
        _formatter(shell).for_type_by_name(module, name, _bundle)


def forget_frames(shell: InteractiveShell) -> None:
    """Undo `show_frames`."""
    formatter = _formatter(shell)
    for key in _NAMES:
        if formatter.deferred_printers.get(key) is _bundle:
            del formatter.deferred_printers[key]
    for kind, printer in list(formatter.type_printers.items()):
        if printer is _bundle:
            del formatter.type_printers[kind]


def _formatter(shell: Any) -> Any:
    return shell.display_formatter.mimebundle_formatter


def _bundle(frame: pd.DataFrame, **_: Any) -> dict[str, str] | None:
    """Return the forms of a frame that is as it was returned; None for any other."""
    key = id(frame)
    if _views.get(key) is frame:
        before, make = _made[key]
        if frame.equals(before):
            return make()._repr_mimebundle_()
    own = getattr(frame, "_repr_mimebundle_", None)
    return own(include=None, exclude=None) if own else None
