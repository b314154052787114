"""A thousand small runs: making them, finding them, and the room they take."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from rows import Figure, Row
from timing import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rows import Bench
    from trackers import Tracker

__all__ = ["ROWS"]

_KEYS = 10


def create_runs(
    tracker: Tracker, ready: Callable[[], None], *, runs: int
) -> dict[str, float]:
    """Make runs with ten params and ten metrics each, in two calls a run."""
    tracker.open()
    tracker.start("warm up")
    tracker.log_metrics({"m0": 0.0})
    tracker.end()
    ready()
    with Stopwatch() as watch:
        for run in range(runs):
            tracker.start(f"run-{run:06}")
            tracker.log_params({f"p{key}": run % (key + 2) for key in range(_KEYS)})
            tracker.log_metrics({f"m{key}": run / (key + 1) for key in range(_KEYS)})
            tracker.end()
        atexit._run_exitfuncs()  # noqa: SLF001
    return {"create": watch.seconds}


def count_runs(tracker: Tracker, ready: Callable[[], None]) -> dict[str, float]:
    """Time the first question of another process about all runs."""
    ready()
    with Stopwatch() as watch:
        runs = tracker.count_runs()
    return {"first_query": watch.seconds, "runs": runs}


def _create(bench: Bench, tracker: str) -> dict[str, float]:
    folder, runs = bench.folder(tracker), bench.size(1000)
    made = bench.driver.run(tracker, create_runs, folder, runs=runs)
    found = bench.driver.run(tracker, count_runs, folder)
    assert found["runs"] == runs + 1
    return {**made, "first_query": found["first_query"], "size": _size(folder)}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


ROWS = (
    Row(
        "create",
        "1,000 runs with 10 params and 10 metrics each",
        _create,
        {
            "create": Figure("create them", "s", 0.3),
            "first_query": Figure("then list them in another process", "s"),
            "size": Figure("store size", "MB", 1.0),
        },
        # exptrack looks through all imported modules at the end of each run.
        trackers=("celltrail", "mlflow", "trackio"),
        repeats=2,
    ),
)
