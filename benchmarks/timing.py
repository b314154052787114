"""The one clock of all benchmarks, and how samples are summed up."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Stopwatch", "percentile", "time_each"]


class Stopwatch:
    """Measures the block it is used with, in `seconds`."""

    seconds = 0.0

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begin


def time_each(call: Callable[[int], object], count: int) -> list[float]:
    """Return the seconds each of `count` calls took, the clock's 50 ns included."""
    clock = time.perf_counter_ns
    taken = []
    for place in range(count):
        begin = clock()
        call(place)
        taken.append(clock() - begin)
    return [each / 1e9 for each in taken]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that `percent` of the values do not exceed."""
    if percent == 50:  # noqa: PLR2004
        return statistics.median(values)
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
