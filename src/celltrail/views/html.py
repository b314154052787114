"""Blocks as html that reads well anywhere: scripts, style sheets and ids are not used.

An untrusted notebook, GitHub and nbconvert each remove something else. What is left
everywhere are tables, ``<details>``, images with their `alt` text and, mostly, literal
inline styles; so colours and sizes are inherited, and nothing depends on a style.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NewType, assert_never

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
from celltrail.views.format import moment
from celltrail.views.sparkline import described, spark_uri
from celltrail.views.texts import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from celltrail.views.blocks import Block, Column, DiffLine, Piece, Pieces

__all__ = ["Html", "element", "to_html", "words"]

_GAP = "margin:4px 0"
_TITLE = 1000  # characters of a shortened text that are shown on hovering
_TONES = {
    "code": "white-space:nowrap",
    "good": "color:#009e73;font-weight:bold",
    "bad": "color:#d55e00;font-weight:bold",
    "quiet": "opacity:0.75",
}
# Tints let the page's own colours through, so that they serve light and dark pages.
_TINTS = {
    "+": "background-color:rgba(46,160,67,{})",
    "-": "background-color:rgba(248,81,73,{})",
}

Html = NewType("Html", str)
"""Text that is markup already: type checking keeps all other text out of it."""


def words(text: str) -> Html:
    """Return text as html shows it.

    Examples
    --------
    >>> words("a < b")
    'a &lt; b'
    """
    return Html(escape(text))


def element(tag: str, *children: Html, **attributes: str) -> Html:
    """Return an element; the values of attributes are escaped.

    Examples
    --------
    >>> element("td", words("a < b"), title='"x"')
    '<td title="&quot;x&quot;">a &lt; b</td>'
    """
    pairs = [f' {name}="{escape(value)}"' for name, value in attributes.items()]
    return Html(f"<{tag}{''.join(pairs)}>{''.join(children)}</{tag}>")


def to_html(blocks: Iterable[Block]) -> str:
    """Return blocks as html."""
    return element("div", *map(_block, blocks), **{"class": "celltrail"})


def _block(block: Block) -> Html:
    match block:
        case Heading(pieces):
            return element("p", element("strong", _pieces(pieces)), style=_GAP)
        case Line(parts):
            return element("p", _joined(parts), style=_GAP)
        case Table():
            return _table(block)
        case Code(text):
            return _preformatted(words(clean(text)))
        case Diff(lines):
            return _preformatted(Html("\n".join(map(_diff_line, lines))))
        case Fold():
            return _fold(block)
        case _:
            assert_never(block)


def _fold(fold: Fold) -> Html:
    opened = {"open": ""} if fold.opened else {}
    return element(
        "details",
        element("summary", _joined(fold.summary), style="cursor:pointer"),
        element("div", *map(_block, fold.blocks), style="margin:4px 0 4px 18px"),
        style=_GAP,
        **opened,
    )


def _joined(parts: Sequence[Pieces]) -> Html:
    return Html(" · ".join(map(_pieces, parts)))


def _table(table: Table) -> Html:
    parts = [
        element("thead", element("tr", *map(_head, table.columns))),
        element("tbody", *(_row(row, table.columns) for row in table.rows)),
    ]
    if table.caption:
        style = "text-align:left;caption-side:top"
        parts.insert(0, element("caption", words(table.caption), style=style))
    style = "margin:0;table-layout:auto;border-collapse:collapse"
    return element(
        "div",
        element("table", *parts, cellpadding="4", style=style),
        style="overflow-x:auto;margin:4px 0",
    )


def _head(column: Column) -> Html:
    return element("th", _pieces(column.title), scope="col", style=_side(column))


def _row(row: Sequence[Pieces], columns: Sequence[Column]) -> Html:
    name = element(
        "th",
        _pieces(row[0]),
        scope="row",
        style=f"{_side(columns[0])};font-weight:normal",
    )
    cells = (
        element("td", _pieces(cell), style=_side(column))
        for cell, column in zip(row[1:], columns[1:], strict=True)
    )
    return element("tr", name, *cells)


def _side(column: Column) -> str:
    side = "text-align:right" if column.right else "text-align:left"
    return side if column.wraps else f"{side};white-space:nowrap"


def _pieces(pieces: Pieces) -> Html:
    if isinstance(pieces, tuple):
        return Html("".join(map(_piece, pieces)))
    return _piece(pieces)


def _piece(piece: Piece) -> Html:
    match piece:
        case str():
            return words(piece)
        case User():
            return _user(piece)
        case Span(text, "strong"):
            return element("strong", words(text))
        case Span(text, tone):
            tag = "code" if tone == "code" else "span"
            return element(tag, words(text), style=_TONES[tone])
        case Spark(_, values):
            return _image(values)
        case When(time):
            return words(moment(time))
        case _:
            assert_never(piece)


def _user(piece: User) -> Html:
    title = {"title": shorten(clean(piece.full), _TITLE)} if piece.full else {}
    shown = element("bdi", words(piece.text), **title)
    return element("strong", shown) if piece.strong else shown


def _image(values: Sequence[float]) -> Html:
    return Html(
        f'<img src="{spark_uri(values)}" alt="curve of {escape(described(values))}" '
        'width="120" height="24" style="vertical-align:middle;margin:0">'
    )


def _preformatted(inner: Html) -> Html:
    return element("pre", inner, style="margin:4px 0;overflow-x:auto;white-space:pre")


def _diff_line(line: DiffLine) -> Html:
    if line.kind not in _TINTS:
        return words(f"{line.kind} {clean(line.text)}")
    tint = _TINTS[line.kind]
    before, differing, after = (
        words(clean(part))
        for part in (
            line.text[: line.start],
            line.text[line.start : line.end],
            line.text[line.end :],
        )
    )
    if differing:
        differing = element("strong", differing, style=tint.format(0.35))
    start = words(f"{line.kind} ")
    return element("span", start, before, differing, after, style=tint.format(0.15))
