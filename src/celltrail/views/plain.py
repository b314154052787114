"""Blocks as plain text: aligned columns within the width of a terminal."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, assert_never

from wcwidth import wcswidth

from celltrail.views.blocks import (
    Code,
    Diff,
    Fold,
    Heading,
    Line,
    Span,
    Spark,
    Table,
    User,
    When,
)
from celltrail.views.format import age
from celltrail.views.sparkline import spark_text
from celltrail.views.texts import clean, one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from celltrail.views.blocks import Block, Piece, Pieces

__all__ = ["columns_of", "to_text"]

_WIDEST = 48  # cells of a column; the rest is in `%trail show`
_BETWEEN = 2
_LEAST = 40


def to_text(blocks: Iterable[Block], width: int) -> str:
    """Return blocks as lines of at most `width` columns, code excepted."""
    return "\n".join(_lines(blocks, max(width, _LEAST)))


def _lines(blocks: Iterable[Block], width: int) -> Iterator[str]:
    for number, block in enumerate(blocks):
        titled = isinstance(block, Heading) or (isinstance(block, Fold) and block.text)
        if number and titled:
            yield ""
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterator[str]:
    match block:
        case Heading(pieces):
            yield from _wrapped([pieces], width)
        case Line(parts):
            yield from _wrapped(parts, width)
        case Table():
            yield from _table(block, width)
        case Code(text):
            yield from (f"  {line}" for line in clean(text).expandtabs(4).splitlines())
        case Diff(lines):
            yield from (f"  {line.kind} {_expanded(line.text)}" for line in lines)
        case Fold(summary, _, text):
            yield from _wrapped(summary, width)
            yield from (f"  {line}" for line in _lines(text, width - 2))
        case _:
            assert_never(block)


def _expanded(text: str) -> str:
    return one_line(clean(text).expandtabs(4))


def _wrapped(parts: Sequence[Pieces], width: int) -> Iterator[str]:
    """Yield the parts, with a new line before a part that does not fit."""
    line = ""
    for part in map(_pieces, parts):
        longer = f"{line} · {part}" if line else part
        if line and columns_of(longer) > width:
            yield line
            longer = f"  {part}"
        line = longer
    yield line


def _table(table: Table, width: int) -> Iterator[str]:
    if table.caption:
        yield table.caption
    head = [_pieces(column.title) for column in table.columns]
    rows = _cells(table, head, width)
    right = [column.right for column in table.columns]
    widths = [max(map(columns_of, column)) for column in zip(head, *rows, strict=True)]
    shown = _chunks(widths, width) if table.continues else [_fitting(widths, width)]
    for number, indexes in enumerate(shown):
        if number:
            yield ""
        for row in (head, *rows):
            cells = (_padded(row[i], widths[i], right=right[i]) for i in indexes)
            yield (" " * _BETWEEN).join(cells).rstrip()
    if missing := set(range(len(head))).difference(*shown):
        yield from _not_shown([head[index] for index in sorted(missing)], width)


def _not_shown(titles: list[str], width: int) -> Iterator[str]:
    lead = f"{len(titles)} more columns: " if len(titles) > 1 else "1 more column: "
    yield shorten(lead + ", ".join(titles), width)


def _fitting(widths: list[int], width: int) -> list[int]:
    """Return the columns from the left that fit, always the first."""
    ends = accumulate(widths, lambda end, next_: end + _BETWEEN + next_)
    return [index for index, end in enumerate(ends) if end <= width or index == 0]


def _chunks(widths: list[int], width: int) -> list[list[int]]:
    """Return columns in groups that fit, the first column in each."""
    groups: list[list[int]] = [[0]]
    end = widths[0]
    for index, own in enumerate(widths[1:], start=1):
        if end + _BETWEEN + own > width and len(groups[-1]) > 1:
            groups.append([0])
            end = widths[0]
        groups[-1].append(index)
        end += _BETWEEN + own
    return groups


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - columns_of(text))
    return space + text if right else text + space


def _cells(table: Table, head: list[str], width: int) -> list[list[str]]:
    """Return the texts of all cells; those of the last column may fill the line."""
    rows = [[_cut(cell, _WIDEST) for cell in row[:-1]] for row in table.rows]
    used = sum(
        max(map(columns_of, column)) + _BETWEEN
        for column in zip(head[:-1], *rows, strict=True)
    )
    limit = max(_WIDEST, width - used)
    return [
        [*texts, _cut(row[-1], limit)]
        for texts, row in zip(rows, table.rows, strict=True)
    ]


def _cut(pieces: Pieces, limit: int) -> str:
    text = _pieces(pieces)
    while columns_of(text) > limit:
        text = shorten(text, len(text) - max(1, (columns_of(text) - limit) // 2))
    return text


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Examples
    --------
    >>> columns_of("run"), columns_of("実験")
    (3, 4)
    """
    return len(text) if text.isascii() else max(0, wcswidth(text))


def _pieces(pieces: Pieces) -> str:
    if isinstance(pieces, tuple):
        return "".join(map(_piece, pieces))
    return _piece(pieces)


def _piece(piece: Piece) -> str:
    match piece:
        case str():
            return piece
        case User(text) | Span(text):
            return text
        case Spark(_, values):
            return spark_text(values)
        case When(time, now):
            return age(time, now)
        case _:
            assert_never(piece)
