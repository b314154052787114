"""What tracking adds to the execution of a cell."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Any

from rows import Figure, Row
from timing import Stopwatch, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from rows import Bench
    from trackers import Tracker

__all__ = ["ROWS"]

_PAUSE = 0.1
_WARM_UP = 3
# Another version at each execution, as when a user tries values.
_CELL = """\
import math
lr = 0.{place:03}
config = {{"depth": 3, "criterion": "gini"}}
weights = [math.sin(lr * i) for i in range(1000)]
auc = sum(weights) / len(weights)
print(f"auc {{auc:.3f}}")
"""
_MLFLOW = """\
with mlflow.start_run():
{cell}
    mlflow.log_params({{"lr": lr, **config}})
    mlflow.log_metric("auc", auc)
"""


def _plain(place: int) -> str:
    return _CELL.format(place=place)


def _celltrail(place: int) -> str:
    return "%%track\n" + _plain(place)


def _mlflow(place: int) -> str:
    return _MLFLOW.format(cell=textwrap.indent(_plain(place), "    ").rstrip())


# How the user turns it on, and what the tracked cell looks like.
_WAYS = {
    "celltrail": ("%load_ext celltrail", _celltrail),
    "mlflow": ("import mlflow", _mlflow),
    "exptrack": ("%load_ext exptrack", _plain),
}


def execute_cells(
    tracker: Tracker, ready: Callable[[], None], *, name: str, cells: int
) -> dict[str, float]:
    """Execute cells without the tracker, then with it, a moment apart."""
    from IPython.core.interactiveshell import InteractiveShell

    tracker.open()
    shell = InteractiveShell.instance()
    turn_on, tracked = _WAYS[name]
    ready()
    plain = _execute(shell, _plain, cells)
    assert shell.run_cell(turn_on).success
    with_tracker = _execute(shell, tracked, cells)
    return {key: with_tracker[key] - plain[key] for key in plain}


def _execute(shell: Any, source: Callable[[int], str], cells: int) -> dict[str, float]:
    """Return the median seconds of a cell, and its mean processor time in all."""
    for place in range(_WARM_UP):
        assert shell.run_cell(source(place), store_history=True).success
    taken, processor = [], time.process_time()
    for place in range(_WARM_UP, _WARM_UP + cells):
        cell = source(place)
        with Stopwatch() as watch:
            result = shell.run_cell(cell, store_history=True, cell_id="cell")
        assert result.success
        taken.append(watch.seconds)
        time.sleep(_PAUSE)
    processor = time.process_time() - processor
    return {"added": percentile(taken, 50), "processor": processor / cells}


def count_runs(tracker: Tracker, ready: Callable[[], None]) -> dict[str, int]:
    ready()
    return {"runs": tracker.count_runs()}


def _cells(bench: Bench, tracker: str) -> dict[str, float]:
    folder, cells = bench.folder(tracker), max(5, bench.size(20))
    result = bench.driver.run(tracker, execute_cells, folder, name=tracker, cells=cells)
    # To exptrack a session is one run, to the others each cell.
    runs = 1 if tracker == "exptrack" else cells + _WARM_UP
    assert bench.driver.run(tracker, count_runs, folder) == {"runs": runs}
    return result


ROWS = (
    Row(
        "cell",
        "what tracking adds to a small cell: %%track; MLflow's start_run, log_params "
        "and log_metric written out; %load_ext exptrack",
        _cells,
        {
            "added": Figure("added to the cell", "ms", 3),
            "processor": Figure("processor time, background included", "ms"),
        },
        trackers=("celltrail", "mlflow", "exptrack"),
    ),
)
