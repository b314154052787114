"""The rows of the table: what is measured, how often, and which bar it has to reach."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from driver import Driver
    from trackers import Tracker

__all__ = ["ALL_TRACKERS", "Bench", "Figure", "Row"]

ALL_TRACKERS = ("celltrail", "mlflow", "trackio", "exptrack")


@dataclass(frozen=True)
class Figure:
    """One number that a row yields.

    Attributes
    ----------
    bar
        What celltrail has to reach, in `unit`; None where the table sets none.
    more_is_better
        Whether the bar is a least value.
    """

    label: str
    unit: str
    bar: float | None = None
    more_is_better: bool = False

    SCALES: ClassVar[dict[str, float]] = {"µs": 1e6, "ms": 1e3, "MB": 1e-6}

    def scaled(self, value: float) -> float:
        """Return a value in seconds or bytes in the figure's unit."""
        return value * self.SCALES.get(self.unit, 1.0)

    def is_met(self, value: float) -> bool:
        """Return whether a value, in the figure's unit, reaches the bar."""
        if self.bar is None:
            return True
        return value >= self.bar if self.more_is_better else value <= self.bar


@dataclass(frozen=True)
class Row:
    """One measurement, repeated in turn for each tracker.

    Attributes
    ----------
    measure
        Does the work once, for one tracker; returns the `figures` by their names.
    trackers
        Those that can do the same work.
    """

    name: str
    title: str
    measure: Callable[[Bench, str], dict[str, float]]
    figures: dict[str, Figure]
    trackers: tuple[str, ...] = ALL_TRACKERS
    repeats: int = 3


@dataclass
class Bench:
    """Where the rows work, and how much.

    Attributes
    ----------
    scale
        The part of the full amount of work; bars are meant for 1.
    answers
        What a tracker answered, for another to be compared with.
    """

    driver: Driver
    root: Path
    scale: float = 1.0
    answers: dict[Any, Any] = field(default_factory=dict)
    _made: dict[Any, Path] = field(default_factory=dict)

    def size(self, full: int) -> int:
        return max(1, round(full * self.scale))

    def empty(self, tracker: str) -> Path:
        """Return a new folder without a store."""
        return Path(tempfile.mkdtemp(prefix=f"{tracker}-", dir=self.root))

    def folder(self, tracker: str) -> Path:
        """Return a new folder with a store that was opened before."""
        return self.copy(self.once(tracker, opened))

    def once(self, tracker: str, make: Callable[..., Any], **arguments: Any) -> Path:
        """Return the folder in which a unit has made a store, made the first time."""
        key = (tracker, make, tuple(sorted(arguments.items())))
        if key not in self._made:
            folder = self.empty(tracker)
            self.driver.run(tracker, make, folder, **arguments)
            self._made[key] = folder
        return self._made[key]

    def copy(self, folder: Path) -> Path:
        """Return a copy of a store for work that changes it."""
        target = self.empty(folder.name.partition("-")[0])
        return Path(shutil.copytree(folder, target, dirs_exist_ok=True))


def opened(tracker: Tracker, ready: Callable[[], None]) -> dict[str, float]:
    """Make a store; a project has one long before it is measured."""
    ready()
    tracker.open()
    return {}
