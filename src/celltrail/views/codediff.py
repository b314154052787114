"""Two texts of code as one: what was removed, what was added, and a little around."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from celltrail.views.blocks import DiffLine
from celltrail.views.texts import common_start

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["code_diff"]

_AROUND = 3


def code_diff(before: str, after: str) -> list[DiffLine]:
    r"""Return the lines of a unified diff; empty when nothing differs.

    Examples
    --------
    >>> for line in code_diff("a = 1\nb = 2", "a = 1\nb = 3"):
    ...     print(line.kind, line.text[line.start : line.end] or line.text)
    @ lines 1 to 2
      a = 1
    - 2
    + 3
    """
    old, new = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    lines: list[DiffLine] = []
    for group in matcher.get_grouped_opcodes(_AROUND):
        first, last = group[0][3] + 1, group[-1][4]
        lines.append(DiffLine("@", f"lines {first} to {max(first, last)}"))
        for kind, a, b, c, d in group:
            if kind == "equal":
                lines += [DiffLine(" ", line) for line in new[c:d]]
            else:
                lines += _replaced(old[a:b], new[c:d])
    return lines


def _replaced(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    """Yield removed then added lines; those that answer each other are marked."""
    pairs = [_marked(a, b) for a, b in zip(old, new, strict=False)]
    for line, pair in zip_longest(old, pairs[: len(old)]):
        yield pair[0] if pair else DiffLine("-", line)
    for line, pair in zip_longest(new, pairs[: len(new)]):
        yield pair[1] if pair else DiffLine("+", line)


def _marked(old: str, new: str) -> tuple[DiffLine, DiffLine]:
    start = common_start(old, new)
    end = common_start(old[start:][::-1], new[start:][::-1])
    if 2 * (start + end) < max(len(old), len(new)):
        return DiffLine("-", old), DiffLine("+", new)  # little in common
    return (
        DiffLine("-", old, start, len(old) - end),
        DiffLine("+", new, start, len(new) - end),
    )
