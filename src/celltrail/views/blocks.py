"""What a view consists of, before it becomes html or text.

A view is a sequence of blocks (a line, a table, code, something folded); what stands
in a line or a cell is a sequence of pieces. Plain strings are celltrail's own words;
what users wrote goes through `user`, which html isolates and both forms shorten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from celltrail.views.texts import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Block",
    "Code",
    "Column",
    "Diff",
    "DiffLine",
    "Fold",
    "Heading",
    "Line",
    "Piece",
    "Pieces",
    "Span",
    "Spark",
    "Table",
    "User",
    "When",
    "code",
    "joined",
    "user",
]


@dataclass(frozen=True, slots=True)
class Span:
    """Words of ours in a tone; the tone never carries meaning that words do not."""

    text: str
    tone: Literal["good", "bad", "quiet", "strong", "code"]


@dataclass(frozen=True, slots=True)
class User:
    """A user's text: `text` is what is shown, `full` what it was cut from."""

    text: str
    full: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Spark:
    """A curve drawn small."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class When:
    """A time in milliseconds since 1970.

    A terminal says how long ago that was; a page, which stays, says when.
    """

    time: int
    now: int | None = None


Piece = str | Span | User | Spark | When
Pieces = Piece | tuple[Piece, ...]


def user(text: str, limit: int = 60, *, strong: bool = False) -> User:
    """Return a user's text, on one line and within `limit` characters."""
    line = one_line(text)
    shown = shorten(line, limit)
    return User(shown, "" if shown == text else text, strong)


def code(text: str) -> Span:
    """Return something to be typed as it stands."""
    return Span(text, "code")


def joined(parts: Sequence[Pieces], separator: str = " · ") -> tuple[Piece, ...]:
    """Return the pieces of all parts with a separator between parts."""
    result: list[Piece] = []
    for part in parts:
        if result:
            result.append(separator)
        if isinstance(part, tuple):
            result.extend(part)
        else:
            result.append(part)
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title over what follows."""

    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Line:
    """Words on a line of their own, wrapped between `parts` where it is too long."""

    parts: tuple[Pieces, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column; long texts may be broken where it `wraps`."""

    title: Pieces
    right: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below columns; the first cell of a row is its name.

    As text, a table wider than the terminal goes on below itself if `continues`, the
    first column repeated; else it is cut, and says what is not shown.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Pieces]]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to be shown as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff; `start` and `end` mark what differs within it."""

    kind: Literal[" ", "+", "-", "@"]
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Diff:
    """Lines of code with those that were added or removed."""

    lines: Sequence[DiffLine]


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks behind one line; as text, the line and the blocks in `text`."""

    summary: tuple[Pieces, ...]
    blocks: Sequence[Block]
    text: Sequence[Block] = ()
    opened: bool = False


Block = Heading | Line | Table | Code | Diff | Fold
