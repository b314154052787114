"""Logging points: what a call costs, what a loop costs, and what a kill leaves."""

from __future__ import annotations

import atexit
import mmap
import struct
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rows import Figure, Row
from timing import Stopwatch, percentile, time_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows import Bench
    from trackers import Tracker

__all__ = ["ROWS"]

_ACKNOWLEDGED = "acknowledged"


def each_point(
    tracker: Tracker, ready: Callable[[], None], *, points: int
) -> dict[str, float]:
    """Time every call of a loop in an open run, after ten to warm up."""
    tracker.open()
    tracker.start("run")
    log = tracker.log_metric
    for step in range(10):
        log("loss", 0.5, step)
    ready()
    taken = time_each(lambda step: log("loss", 1 / (step + 1), step), points)
    tracker.end()
    return {"median": percentile(taken, 50), "p99": percentile(taken, 99)}


def whole_run(
    tracker: Tracker, ready: Callable[[], None], *, points: int
) -> dict[str, float]:
    """Time a run from its start until nothing of it waits in the process."""
    tracker.open()
    tracker.start("warm up")
    tracker.log_metric("loss", 0.5, 0)
    tracker.end()
    ready()
    with Stopwatch() as watch:
        tracker.start("run")
        log = tracker.log_metric
        for step in range(points):
            log("loss", 1 / (step + 1), step)
        tracker.end()
        # What a tracker leaves for the end of the process counts too.
        atexit._run_exitfuncs()  # noqa: SLF001
    return {"seconds": watch.seconds}


def log_until_killed(tracker: Tracker, ready: Callable[[], None]) -> None:
    """Log in a tight loop; the number of calls that returned outlives the process."""
    tracker.open()
    tracker.start("run")
    log = tracker.log_metric
    with Path(_ACKNOWLEDGED).open("w+b") as file:
        file.truncate(8)
        shared = mmap.mmap(file.fileno(), 8)
    ready()
    for step in count():
        log("loss", 0.5, step)
        struct.pack_into("q", shared, 0, step + 1)


def kept_points(tracker: Tracker, ready: Callable[[], None]) -> dict[str, int]:
    ready()
    return {"kept": tracker.count_points("loss")}


def _each_point(bench: Bench, tracker: str) -> dict[str, float]:
    folder = bench.folder(tracker)
    return bench.driver.run(tracker, each_point, folder, points=bench.size(2000))


def _whole_run(bench: Bench, tracker: str) -> dict[str, float]:
    folder, points = bench.folder(tracker), bench.size(5000)
    result = bench.driver.run(tracker, whole_run, folder, points=points)
    assert bench.driver.run(tracker, kept_points, folder) == {"kept": points + 1}
    return result


def _kill(bench: Bench, tracker: str) -> dict[str, float]:
    folder = bench.folder(tracker)
    with bench.driver.start(tracker, log_until_killed, folder) as worker:
        worker.wait_until_ready()
        worker.go()
        time.sleep(1)
        worker.kill()
    acknowledged = struct.unpack("q", (folder / _ACKNOWLEDGED).read_bytes())[0]
    kept: dict[str, Any] = bench.driver.run(tracker, kept_points, folder)
    return {
        "acknowledged": acknowledged,
        "lost": max(0, acknowledged - kept["kept"]),
        "survived": 100 * min(1, kept["kept"] / acknowledged),
    }


ROWS = (
    Row(
        "log-metric",
        "log_metric, 2,000 calls in one run",
        _each_point,
        {
            "median": Figure("median call", "µs", 2),
            "p99": Figure("99th percentile", "µs", 8),
        },
    ),
    Row(
        "close",
        "start a run, log 5,000 points one by one, end it, let the process end",
        _whole_run,
        {"seconds": Figure("total", "s", 0.03)},
        repeats=2,
    ),
    Row(
        "kill",
        "kill -9 after one second of logging in a tight loop",
        _kill,
        {
            "survived": Figure("points that survive", "%", 100, more_is_better=True),
            "acknowledged": Figure("calls that had returned", "points"),
            "lost": Figure("of those lost", "points", 0),
        },
    ),
)
