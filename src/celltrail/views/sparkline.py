"""Curves drawn small: an image for html, block characters for a terminal."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise
from math import inf, isfinite
from typing import TYPE_CHECKING

from celltrail.views.format import number
from celltrail.views.texts import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["described", "spark_text", "spark_uri"]

_WIDTH, _HEIGHT, _MARGIN = 240, 48, 4  # twice what is shown, so that whole numbers do
_COLUMNS = 40  # more points than that are drawn as the span of each column
_BARS = "▁▂▃▄▅▆▇█"
_COLOR = "#1f88c9"  # read on light and dark pages, and by colour-blind people


def described(values: Sequence[float]) -> str:
    """Return a curve in words.

    Examples
    --------
    >>> described([0.9, 0.3, 0.1, 0.2])
    '4 points, from 0.9 to 0.2, lowest 0.1, highest 0.9'
    """
    finite = [value for value in values if isfinite(value)]
    if not finite:
        return f"{count_of(len(values), 'point')}, none of them finite"
    text = (
        f"{count_of(len(values), 'point')}, from {number(values[0])} to "
        f"{number(values[-1])}, lowest {number(min(finite))}, "
        f"highest {number(max(finite))}"
    )
    lost = len(values) - len(finite)
    return f"{text}, {lost} not finite" if lost else text


def spark_uri(values: Sequence[float]) -> str:
    """Return a curve as the address of an image that needs no file.

    Examples
    --------
    >>> spark_uri([3, 1, 2])[:26]
    'data:image/svg+xml;base64,'
    """
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<g fill="none" stroke="{_COLOR}" stroke-width="3" stroke-linejoin="round">'
        f"{_lines(values)}</g></svg>"
    )
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"


def spark_text(values: Sequence[float], width: int = 20) -> str:
    """Return a curve in block characters; "·" where it is not finite.

    Examples
    --------
    >>> spark_text([1, 2, 3, 4, 3, float("nan"), 1])
    '▁▃▆█▆·▁'
    """
    columns = _spans(values, width)
    low, high = _range(columns)
    top = len(_BARS) - 1
    return "".join(
        "·" if span is None else _BARS[round(_share(span[-1], low, high) * top)]
        for span in columns
    )


def _spans(values: Sequence[float], width: int) -> list[tuple[float, float] | None]:
    """Return the first and last extreme of each column, None for a gap."""
    count = min(width, len(values))
    ends = [column * len(values) // max(1, count) for column in range(count + 1)]
    return [_extremes(values[a:b]) for a, b in pairwise(ends)]


def _extremes(values: Sequence[float]) -> tuple[float, float] | None:
    finite = [value for value in values if isfinite(value)]
    if len(finite) <= 1:
        return (finite[0], finite[0]) if finite else None
    low, high = min(finite), max(finite)
    return (low, high) if finite.index(low) <= finite.index(high) else (high, low)


def _range(columns: list[tuple[float, float] | None]) -> tuple[float, float]:
    ends = [end for span in columns if span for end in span]
    return min(ends, default=inf), max(ends, default=-inf)


def _share(value: float, low: float, high: float) -> float:
    """Return where `value` lies from low (0) to high (1)."""
    extent = high / 2 - low / 2  # halves: the difference of two floats may overflow
    return (value / 2 - low / 2) / extent if extent > 0 else 0.5


def _lines(values: Sequence[float]) -> str:
    columns = _spans(values, _COLUMNS)
    low, high = _range(columns)
    step = (_WIDTH - 2 * _MARGIN) / max(1, len(columns) - 1)
    parts: list[str] = []
    points: list[str] = []
    for index, span in enumerate([*columns, None]):
        if span is None:
            parts.append(_line(points))
            points = []
            continue
        x = round(_MARGIN + index * step)
        first, last = (_y(value, low, high) for value in span)
        points += [f"{x},{first}"] if first == last else [f"{x},{first}", f"{x},{last}"]
    return "".join(parts)


def _y(value: float, low: float, high: float) -> int:
    return round(_HEIGHT - _MARGIN - _share(value, low, high) * (_HEIGHT - 2 * _MARGIN))


def _line(points: list[str]) -> str:
    if len(points) == 1:
        x, y = points[0].split(",")
        return f'<circle cx="{x}" cy="{y}" r="3" fill="{_COLOR}"/>'
    return f'<polyline points="{" ".join(points)}"/>' if points else ""
