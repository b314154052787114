"""The input transformer: only the first line of a tracked cell becomes something else.

``%%track …`` is replaced by one statement that begins the run, on the same line. The
rest is executed as if nothing stood there: same line numbers, top-level ``await``,
displayed value, traceback and status.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["BEGIN", "Head", "head_of", "transform"]

BEGIN = "__celltrail_begin__"
_TRACK = re.compile(r"%%track(?![\w?])[ \t]*(?P<line>.*)")
_REMARK = re.compile(r"\s*(#.*)?$")


class Head(NamedTuple):
    """Where ``%%track`` stands in a cell, and what follows on its line."""

    row: int
    line: str


def head_of(lines: list[str]) -> Head | None:
    """Return the ``%%track`` of a cell that has a body to track.

    Blank lines and comments may stand before it.
    """
    for row, text in enumerate(lines):
        if match := _TRACK.match(text):
            body = lines[row + 1 :]
            has_body = any(not each.isspace() for each in body if each)
            return Head(row, match["line"].strip()) if has_body else None
        if not _REMARK.match(text):
            return None
    return None


def transform(lines: list[str]) -> list[str]:
    r"""Return the lines of a cell with its ``%%track`` replaced.

    Another cell magic below it is called with its body, as IPython would.

    Examples
    --------
    >>> transform(["%%track svc --quiet\n", "fit()\n"])
    ["__celltrail_begin__('svc --quiet')\n", 'fit()\n']
    """
    head = head_of(lines)
    if head is None:
        return lines
    begin = f"{BEGIN}({head.line!r})\n"
    body = lines[head.row + 1 :]
    start = next((i for i, text in enumerate(body) if not _REMARK.match(text)), None)
    if start is not None:
        body = body[:start] + _called(body[start:])
    return [*lines[: head.row], begin, *body]


def _called(lines: list[str]) -> list[str]:
    """Return lines that begin with a cell magic as the call of it; others unchanged."""
    from IPython.core.inputtransformer2 import cell_magic

    called: list[str] = cell_magic(lines)
    return called


# Without this a terminal takes a cell as complete after its first line.
transform.has_side_effects = True  # type: ignore[attr-defined]
