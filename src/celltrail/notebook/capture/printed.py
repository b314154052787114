"""Metrics that functions print: ``Accuracy: 83.2%, Avg loss: 0.44`` in the output.

Code inside functions is not wrapped, so what it prints is read from what was printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from celltrail.notebook.capture.sites import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["printed_metrics"]

# A label, a colon or equals sign, and a number with a decimal point.
_PRINTED = re.compile(
    r"(?P<label>[A-Za-z][\w ()/%-]{0,40}?)[ \t]*[:=][ \t]*"
    r"(?P<number>[-+]?\d+\.(?P<decimals>\d+)(?:[eE][-+]?\d+)?)"
)
_MOST = 10_000


def printed_metrics(text: str, known: Iterable[float]) -> dict[str, list[float]]:
    """Return the labelled numbers of a text that are metrics and not known yet.

    Parameters
    ----------
    known
        Numbers captured otherwise; printed ones that are those, rounded or in
        percent, tell nothing new.

    Examples
    --------
    >>> printed_metrics("Test accuracy: 0.75, loss: 0.5123", [0.51234])
    {'test_accuracy': [0.75]}
    """
    found: dict[str, list[tuple[float, int]]] = {}
    for number, match in enumerate(_PRINTED.finditer(text)):
        name = label_of(match["label"])
        if name is not None:
            value = float(match["number"])
            found.setdefault(name, []).append((value, len(match["decimals"])))
        if number == _MOST:
            break
    if not found:
        return {}
    numbers = [scale * value for value in known for scale in (1, 100)]
    return {
        name: [value for value, _decimals in points]
        for name, points in found.items()
        if not _are_known(points, numbers)
    }


def _are_known(points: list[tuple[float, int]], numbers: list[float]) -> bool:
    rounded: dict[int, set[float]] = {}
    for _value, decimals in points:
        if decimals not in rounded:
            rounded[decimals] = {round(number, decimals) for number in numbers}
    return all(value in rounded[decimals] for value, decimals in points)
