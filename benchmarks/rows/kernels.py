"""Eight kernels that log at a steady pace and are watched meanwhile."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from rows import Figure, Row
from timing import Stopwatch, percentile
from trackers.copying import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows import Bench
    from trackers.fluent import Fluent

__all__ = ["ROWS"]

_KERNELS = 8
_RATE = 500
_KEYS = 10
_LIVE = {
    "filter_string": "attributes.status = 'RUNNING'",
    "order_by": ["metrics.m0 DESC"],
}


def log_and_watch(
    tracker: Fluent,
    ready: Callable[[], None],
    *,
    seconds: float,
    offset: float,
    max_age: float | None,
) -> dict[str, Any]:
    """Log at `_RATE` points a second, and ask for the live runs once a second.

    Who cannot keep the pace logs as fast as it can. The loop is one thread, as a
    notebook's is.
    """
    tracker.open()
    tracker.start("kernel")
    tracker.log_metrics({f"m{key}": 0.0 for key in range(_KEYS)})
    poll = _poll(tracker, max_age)
    poll()
    ready()
    begin, processor = time.perf_counter(), time.process_time()
    points, polls, next_poll = 0, [], offset
    while (now := time.perf_counter() - begin) < seconds:
        due = int(now * _RATE)
        while points < due and time.perf_counter() - begin < min(next_poll, seconds):
            tracker.log_metric(f"m{points % _KEYS}", 0.5, points // _KEYS)
            points += 1
        if now >= next_poll:
            with Stopwatch() as watch:
                poll()
            polls.append(watch.seconds)
            next_poll = max(next_poll + 1, time.perf_counter() - begin + 0.2)
        time.sleep(0.01)
    cores = (time.process_time() - processor) / (time.perf_counter() - begin)
    return {"points": points, "polls": polls, "cores": cores}


def _poll(tracker: Fluent, max_age: float | None) -> Callable[[], object]:
    """Return how to ask for the live runs; some data may be `max_age` seconds old."""
    if max_age is None:
        return lambda: tracker.api.search_runs(**_LIVE, output_format="list")
    from celltrail.store import open_store
    from celltrail.store.query.search import search_runs

    store = open_store(tracker.folder)
    return lambda: search_runs(store, None, **_LIVE, max_age=max_age)


def _log_and_watch(
    bench: Bench, tracker: str, max_age: float | None = None
) -> dict[str, float]:
    folder = bench.copy(bench.once(tracker, fill, runs=bench.size(10_000)))
    seconds = max(3.0, 10 * bench.scale)
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(
                bench.driver.start(
                    tracker,
                    log_and_watch,
                    folder,
                    seconds=seconds,
                    offset=(place + 1) / _KERNELS,
                    max_age=max_age,
                )
            )
            for place in range(_KERNELS)
        ]
        for worker in workers:
            worker.wait_until_ready()
        for worker in workers:
            worker.go()
        results = [worker.result() for worker in workers]
    polls = [poll for result in results for poll in result["polls"]]
    return {
        "poll": percentile(polls, 50),
        "p95": percentile(polls, 95),
        "cores": sum(result["cores"] for result in results),
        "points": sum(result["points"] for result in results) / seconds,
    }


_FIGURES = {
    "poll": Figure("median poll", "ms", 30),
    "p95": Figure("95th percentile", "ms"),
    "cores": Figure("processor time of all", "cores", 0.25),
    "points": Figure("points logged a second (4,000 wanted)", ""),
}
_TITLE = "8 processes log 500 points/s each and ask for the live runs, among 10,000, at"
ROWS = (
    Row(
        "kernels",
        f"{_TITLE} 1 Hz; answers are up to date",
        _log_and_watch,
        _FIGURES,
        trackers=("celltrail", "mlflow"),
        repeats=2,
    ),
    Row(
        "polls",
        f"{_TITLE} 1 Hz; answers may be 0.9 s old, as a live view asks",
        lambda bench, tracker: _log_and_watch(bench, tracker, 0.9),
        _FIGURES,
        trackers=("celltrail",),
        repeats=2,
    ),
)
