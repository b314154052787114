"""From what stands in a cell to Python that can be parsed, line for line the same."""

from __future__ import annotations

import ast
import re
import warnings

__all__ = ["parse"]

# Cell magics whose body runs as Python in the notebook's own namespace.
_PYTHON_MAGICS = frozenset({"capture", "prun", "time", "track"})
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
_TIMED_LINE = re.compile(r"^(\s*)%time[ \t]+(?=\S)", re.MULTILINE)


def parse(code: str) -> ast.Module | None:
    """Return the tree of a cell's Python, or None when there is none to analyse.

    Magics that run Python (``%%time``, ``%time``) are looked into; lines of other
    magics and of the shell are left to IPython, which makes them Python.
    """
    text = _without_cell_magics(code)
    if text is None:
        return None
    return _tree(text) or _tree(_transformed(text))


def _without_cell_magics(code: str) -> str | None:
    while match := _CELL_MAGIC.match(code):
        if match[1] not in _PYTHON_MAGICS:
            return None
        code = "\n" * match[0].count("\n") + code[match.end() :]
    return code


def _transformed(text: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        manager = TransformerManager()  # type: ignore[no-untyped-call]
        return manager.transform_cell(_TIMED_LINE.sub(r"\1", text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _tree(text: str) -> ast.Module | None:
    try:
        if "\\" not in text:
            return ast.parse(text)
        # The user sees the warning of a wrong escape once, when the cell is compiled.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
