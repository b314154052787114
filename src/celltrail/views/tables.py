"""Lists: of runs with what differs between them, of experiments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from celltrail.views.blocks import Column, Line, Table, When, code, joined, user
from celltrail.views.direction import direction
from celltrail.views.format import number
from celltrail.views.phrases import ABSENT, lasted, named, status, value_of
from celltrail.views.texts import count_of, short_id
from celltrail.views.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from celltrail.entities import Run
    from celltrail.views.blocks import Block, Pieces
    from celltrail.views.data import ExperimentRow

__all__ = ["experiments_table", "runs_blocks", "runs_table"]

_METRICS, _PARAMS = 8, 8  # columns of each in html; a terminal shows what fits
_SAME = 6
_CELL, _NOTE = 32, 300
_PARENT = "mlflow.parentRunId"
_EMPTY = ("No runs yet: put ", code("%%track"), " on top of a cell and execute it.")


def runs_table(
    runs: Sequence[Run],
    *,
    notes: Sequence[str] = (),
    empty: str = "",
    now: int | None = None,
) -> View:
    """Return runs with their metrics and the params in which they differ.

    Parameters
    ----------
    runs
        The runs in the order in which to show them.
    notes
        Lines for below the table, such as what was left out.
    empty
        What to say when there are no runs, instead of how to make one.
    now
        The time ages are counted from, in milliseconds since 1970.

    Examples
    --------
    >>> print(runs_table([]))
    No runs yet: put %%track on top of a cell and execute it.
    """
    below = [Line((user(note, _NOTE),)) for note in notes]
    if not runs:
        return View([Line((user(empty, _NOTE) if empty else _EMPTY,)), *below])
    return View([*runs_blocks(runs, now=now), *below])


def runs_blocks(runs: Sequence[Run], *, now: int | None = None) -> list[Block]:
    """Return the table of `runs` and what is to be said below it."""
    metrics = _by_frequency(run.data.metrics for run in runs)
    metrics.sort(key=lambda key: not direction(key))  # what can be judged comes first
    params = _by_frequency(run.data.params for run in runs)
    varying = [key for key in params if len(runs) == 1 or _varies(key, runs)]
    columns = [Column(title) for title in ("run", "id", "status")]
    columns += [Column("started"), Column("duration", right=True)]
    columns += [Column(user(key, _CELL), right=True) for key in metrics[:_METRICS]]
    columns += [Column(user(key, _CELL)) for key in varying[:_PARAMS]]
    rows = [
        _row(run, metrics[:_METRICS], varying[:_PARAMS], When(run.info.start_time, now))
        for run in runs
    ]
    same = [key for key in params if key not in set(varying)]
    return [
        Table("", columns, rows),
        *_left_out("metric", metrics[_METRICS:]),
        *_left_out("param", varying[_PARAMS:]),
        *_same(same, runs[0]),
    ]


def _by_frequency(mappings: Iterable[Mapping[str, object]]) -> list[str]:
    """Return the keys that most runs have first, else in the order they came."""
    counts = Counter(key for one in mappings for key in one)
    return [key for key, _ in counts.most_common()]


def _varies(key: str, runs: Sequence[Run]) -> bool:
    first = runs[0].data.params.get(key)
    return any(run.data.params.get(key) != first for run in runs)


def _row(
    run: Run, metrics: Sequence[str], params: Sequence[str], started: When
) -> list[Pieces]:
    name = named(run, 24)
    nested = _PARENT in run.data.tags
    values = (run.data.metrics.get(key) for key in metrics)
    return [
        ("↳ ", name) if nested else name,
        code(short_id(run.info.run_id)),
        status(run),
        started,
        lasted(run) or ABSENT,
        *(ABSENT if value is None else number(value) for value in values),
        *(value_of(run.data.params.get(key), _CELL) for key in params),
    ]


def _left_out(noun: str, keys: Sequence[str]) -> list[Block]:
    if not keys:
        return []
    shown: list[Pieces] = [user(key, _CELL) for key in keys[:_SAME]]
    lead = f"{count_of(len(keys), noun)} not shown"
    return [Line((lead, *shown, *_and_more(keys)))]


def _same(keys: Sequence[str], run: Run) -> list[Block]:
    if not keys:
        return []
    shown: list[Pieces] = [
        joined([user(key, _CELL), value_of(run.data.params[key], _CELL)], " ")
        for key in keys[:_SAME]
    ]
    return [Line(("The same in all", *shown, *_and_more(keys)))]


def _and_more(keys: Sequence[str]) -> list[str]:
    return [f"and {len(keys) - _SAME} more"] if len(keys) > _SAME else []


def experiments_table(rows: Sequence[ExperimentRow], *, now: int | None = None) -> View:
    """Return experiments with the number of their runs and the latest of them.

    Examples
    --------
    >>> from celltrail.entities import Experiment
    >>> from celltrail.views.data import ExperimentRow
    >>> bank = Experiment("1", "bankchurn", "", "active")
    >>> print(experiments_table([ExperimentRow(bank, runs=3, current=True)]))
    experiment           id  runs  last run
    bankchurn (current)  1      3  –
    """  # noqa: RUF002 - a dash where there is nothing
    columns = [
        Column("experiment"),
        Column("id"),
        Column("runs", right=True),
        Column("last run"),
    ]
    return View([Table("", columns, [_experiment(row, now) for row in rows])])


def _experiment(row: ExperimentRow, now: int | None) -> list[Pieces]:
    name = user(row.experiment.name, _CELL)
    marks = " (current)" if row.current else ""
    marks += "" if row.experiment.lifecycle_stage == "active" else " (deleted)"
    last: Pieces = ABSENT if row.last_start is None else When(row.last_start, now)
    return [(name, marks), row.experiment.experiment_id, str(row.runs), last]
