"""Getting going: importing, the first point, and four processes on a fresh store."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from driver import WorkerFailedError
from rows import Figure, Row
from timing import Stopwatch, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows import Bench
    from trackers import Tracker

__all__ = ["ROWS"]

_PROCESSES = 4
_POINTS = 100
_IMPORT = """
import sys, time
begin = time.perf_counter()
import {module}
print(time.perf_counter() - begin)
"""


def first_point(tracker: Tracker, ready: Callable[[], None]) -> dict[str, float]:
    """Time a small script on an existing store, its import not counted."""
    ready()
    with Stopwatch() as watch:
        _small_run(tracker)
    return {"seconds": watch.seconds}


def _small_run(tracker: Tracker, points: int = 1) -> None:
    tracker.open()
    tracker.start("run")
    log = tracker.log_metric
    for step in range(points):
        log("loss", 0.5, step)
    tracker.end()


def start_together(tracker: Tracker, ready: Callable[[], None]) -> dict[str, float]:
    ready()
    with Stopwatch() as watch:
        _small_run(tracker, _POINTS)
    return {"seconds": watch.seconds}


def kept(tracker: Tracker, ready: Callable[[], None]) -> dict[str, int]:
    ready()
    return {"runs": tracker.count_runs(), "points": tracker.count_points("loss")}


def _import(bench: Bench, tracker: str) -> dict[str, float]:
    command = [bench.driver.interpreters[tracker], "-c", _IMPORT.format(module=tracker)]
    taken = [
        float(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(3)
    ]
    first = bench.driver.run(tracker, first_point, bench.folder(tracker))
    return {"import": percentile(taken, 50), "first": first["seconds"]}


def _start_together(bench: Bench, tracker: str) -> dict[str, float]:
    folder = bench.empty(tracker)
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(bench.driver.start(tracker, start_together, folder))
            for _ in range(_PROCESSES)
        ]
        for worker in workers:
            worker.wait_until_ready()
        for worker in workers:
            worker.go()
        results = [_result_or_none(worker) for worker in workers]
    taken = [result["seconds"] for result in results if result is not None]
    found: dict[str, Any] = {"points": 0}
    with contextlib.suppress(WorkerFailedError):
        found = bench.driver.run(tracker, kept, folder)
    slowest = {"slowest": max(taken)} if taken else {}
    return {"succeeded": len(taken), "points": found["points"], **slowest}


def _result_or_none(worker: Any) -> dict[str, Any] | None:
    try:
        result: dict[str, Any] = worker.result()
    except WorkerFailedError as error:
        if "--verbose" in sys.argv:
            print(f"one of four failed: {error}", file=sys.stderr)
        return None
    return result


ROWS = (
    Row(
        "import",
        "import in a new process, and the first run of that process",
        _import,
        {
            "import": Figure("import", "s", 0.06),
            "first": Figure("then open, start, log one point, end", "s"),
        },
    ),
    Row(
        "fresh",
        "4 processes at once on a fresh store: a run of 100 points each",
        _start_together,
        {
            "succeeded": Figure("processes that succeed", "", 4, more_is_better=True),
            "points": Figure("points kept", "", 400, more_is_better=True),
            "slowest": Figure("slowest process", "s"),
        },
    ),
)
