"""The history of one metric of one run among many that were logged side by side."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from rows import Figure, Row
from timing import Stopwatch, percentile, time_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rows import Bench
    from trackers.fluent import Fluent

__all__ = ["ROWS"]

_STEPS = 10_000
_RUNS = 1000


def log_side_by_side(
    tracker: Fluent, ready: Callable[[], None], *, runs: int
) -> dict[str, float]:
    """Log every step of all runs before the next step of any, then end the runs.

    Calling ``log_metric`` ten million times would take MLflow ten hours, so the lines
    of celltrail's journal are appended a step at a time, and folded and settled by
    celltrail; MLflow's rows are inserted into its tables.
    """
    ready()
    tracker.open()
    client = tracker.client()
    experiment = tracker.api.get_experiment_by_name("bench").experiment_id
    ids = [client.create_run(experiment).info.run_id for _ in range(runs)]
    for run_id in ids:
        client.log_metric(run_id, "loss", 1.0, step=0)
    with Stopwatch() as watch:
        log = {"celltrail": _log_to_journal, "mlflow": _log_to_sqlite}[tracker.module]
        log(tracker, ids)
    for run_id in ids:
        client.set_terminated(run_id)
    assert len(client.get_metric_history(ids[0], "loss")) == _STEPS
    return {"seconds": watch.seconds}


def _log_to_journal(tracker: Fluent, ids: list[str]) -> None:
    from celltrail.store import events, open_store

    store = open_store(str(tracker.folder))
    prefixes = [events.metric_prefix(run_id, "loss") for run_id in ids]
    for step in range(1, _STEPS):
        end = f'{step},"v":{1 / (step + 1)!r},"t":{time.time_ns()}}}\n'
        store.journal.append("".join(prefix + end for prefix in prefixes).encode())
    store.fold(deadline=600)


def _log_to_sqlite(tracker: Fluent, ids: list[str]) -> None:
    database = sqlite3.connect(tracker.folder / "mlflow.db")

    def rows() -> Iterator[tuple[Any, ...]]:
        for step in range(1, _STEPS):
            now = time.time_ns() // 1_000_000
            for run_id in sorted(ids):
                yield "loss", 1 / (step + 1), now, run_id, step, False

    # Only filling is hurried so; MLflow opens the database in its own way.
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -1000000")
    with contextlib.closing(database), database:
        database.executemany(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            rows(),
        )
        database.execute(
            "UPDATE latest_metrics SET step = ?, value = ?", (_STEPS - 1, 1 / _STEPS)
        )


def history(
    tracker: Fluent, ready: Callable[[], None], *, calls: int
) -> dict[str, float]:
    """Time the whole history of runs, another one at each call."""
    ready()
    tracker.open()
    runs = tracker.api.search_runs(output_format="list", max_results=calls + 2)
    ids = [run.info.run_id for run in runs]
    get_history = tracker.client().get_metric_history
    for run_id in ids[calls:]:
        points = get_history(run_id, "loss")
        assert [point.step for point in points] == list(range(_STEPS))
    taken = time_each(lambda place: get_history(ids[place], "loss"), calls)
    return {"median": percentile(taken, 50)}


def _history(bench: Bench, tracker: str) -> dict[str, float]:
    runs = max(12, bench.size(_RUNS))
    folder = bench.once(tracker, log_side_by_side, runs=runs)
    return bench.driver.run(tracker, history, folder, calls=10)


ROWS = (
    Row(
        "history",
        "history of 10,000 points, interleaved with those of 999 other runs, all ended",
        _history,
        {"median": Figure("a call, as list of Metric", "ms", 4)},
        trackers=("celltrail", "mlflow"),
    ),
)
