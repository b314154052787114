"""From what stands in a cell to Python that can be parsed, line for line the same."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["failed_line", "parse"]

# Cell magics whose body runs as Python in the notebook's own namespace.
_PYTHON_MAGICS = frozenset({"capture", "prun", "time", "track"})
_LEADING = re.compile(r"\A(?:[ \t]*\r?\n)+")
_CELL_MAGIC = re.compile(r"%%(\w+)[^\n]*")
_TIMED_FILE = "<timed exec>"
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


def failed_line(code: str, error: BaseException, shell: Any) -> int | None:
    """Return the line of a cell in which it raised; None when it is not known.

    Parameters
    ----------
    shell
        The IPython shell, which knows under what file names it compiled cells.
    """
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == _TIMED_FILE:
            return trace.tb_lineno + _magic_lines(code)
        if shell.compile.format_code_name(name) and not _runs_magic(trace):
            return trace.tb_lineno
        trace = trace.tb_next
    return None


def _runs_magic(trace: TracebackType) -> bool:
    """Return whether a cell only runs the magic that runs the cell's body."""
    later = trace.tb_next
    return later is not None and later.tb_frame.f_code.co_name == "run_cell_magic"


def _magic_lines(code: str) -> int:
    code = _LEADING.sub("", code)
    rest = _without_cell_magics(code)
    return 0 if rest is None else len(rest) - len(rest.lstrip("\n"))


def _without_cell_magics(code: str) -> str | None:
    code = _LEADING.sub("", code)
    blank = 0
    while match := _CELL_MAGIC.match(code):
        if match[1] not in _PYTHON_MAGICS:
            return None
        code = code[match.end() + 1 :]
        blank += 1
    return "\n" * blank + code


def _transformed(text: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manager = TransformerManager()
            return manager.transform_cell(_TIMED_LINE.sub(r"\1", text))
        except Exception:  # noqa: BLE001 - on odd texts IPython raises odd errors
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
