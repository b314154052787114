"""Finding runs: a filtered page, and everything, as wide DataFrames."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from rows import Figure, Row
from timing import Stopwatch, percentile, time_each
from trackers.copying import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows import Bench
    from trackers.fluent import Fluent

__all__ = ["ROWS"]

_RUNS = 10_000
_TOP = {
    "filter_string": (
        "metrics.m0 > 0.5 AND params.p0 = '3' AND tags.`mlflow.source.type` = 'LOCAL'"
    ),
    "order_by": ["metrics.m1 DESC"],
    "max_results": 100,
}
_ALL = {"max_results": 50_000}


def search(
    tracker: Fluent, ready: Callable[[], None], *, calls: int, question: dict[str, Any]
) -> dict[str, float]:
    """Time the first call of a process, and the median of those after the second."""
    ready()
    tracker.open()
    with Stopwatch() as first:
        frame = tracker.api.search_runs(**question)
    assert {"run_id", "params.p9", "metrics.m9"} < set(frame.columns)
    tracker.api.search_runs(**question)
    taken = time_each(lambda _: tracker.api.search_runs(**question), calls)
    names = ",".join(frame["tags.mlflow.runName"])
    return {
        "first": first.seconds,
        "median": percentile(taken, 50),
        "rows": len(frame),
        "answer": zlib.crc32(names.encode()),
    }


def _search(
    bench: Bench, tracker: str, question: dict[str, Any], runs: int, calls: int
) -> dict[str, float]:
    folder = bench.once(tracker, fill, runs=bench.size(runs))
    result = bench.driver.run(tracker, search, folder, calls=calls, question=question)
    # Both trackers have the same runs, so they have to find the same ones.
    key = (str(question), runs)
    assert bench.answers.setdefault(key, result["answer"]) == result["answer"]
    return result


def _row(
    name: str,
    title: str,
    question: dict[str, Any],
    runs: int,
    bar: float,
    *,
    calls: int = 5,
) -> Row:
    return Row(
        name,
        title,
        lambda bench, tracker: _search(bench, tracker, question, runs, calls),
        {
            "median": Figure("a call", "ms", bar),
            "first": Figure("the first call of a process", "ms"),
            "rows": Figure("rows found", ""),
        },
        trackers=("celltrail", "mlflow") if runs == _RUNS else ("celltrail",),
    )


_TITLE = "three filters and a sort, top 100 of {:,} runs as wide DataFrame"
ROWS = (
    _row("top", _TITLE.format(_RUNS), _TOP, _RUNS, 12),
    _row("top-100k", _TITLE.format(10**5), _TOP, 10**5, 25),
    _row("top-1m", _TITLE.format(10**6), _TOP, 10**6, 250),
    _row("all", f"all {_RUNS:,} runs as DataFrame", _ALL, _RUNS, 45, calls=1),
)
