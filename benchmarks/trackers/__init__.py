"""The trackers behind one interface, so that each row is written once.

Only the interpreter that has a tracker installed imports its library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["TRACKERS", "Tracker", "load_tracker"]

TRACKERS = {
    "celltrail": ("trackers.fluent", "Celltrail"),
    "mlflow": ("trackers.fluent", "Mlflow"),
    "trackio": ("trackers.trackio_", "Trackio"),
    "exptrack": ("trackers.exptrack_", "Exptrack"),
}


class Tracker(Protocol):
    """What every tracker can do.

    Attributes
    ----------
    log_metric
        The tracker's own way to log one point, called with key, value and step.
    """

    log_metric: Callable[[str, float, int], object]

    def open(self) -> None:
        """Make the store, or open it."""

    def start(self, name: str) -> None:
        """Begin a run, which becomes the active one."""

    def log_params(self, params: Mapping[str, object]) -> None:
        """Log params of the active run."""

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log one point of each of several metrics, in one call."""

    def end(self) -> None:
        """End the active run, so that all of it is written."""

    def count_runs(self) -> int:
        """Return how many runs the store has."""

    def count_points(self, key: str) -> int:
        """Return how many points of a metric the store has, in all runs."""


def load_tracker(name: str, folder: Path) -> Tracker:
    """Import a tracker and name a folder for its store, which is not made yet."""
    module, factory = TRACKERS[name]
    tracker: Tracker = getattr(import_module(module), factory)(folder)
    return tracker
