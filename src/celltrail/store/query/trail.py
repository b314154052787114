"""Questions about the trail: which runs the cells of a notebook had, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from celltrail.store.query.filters import Condition
from celltrail.store.query.rows import select_runs

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.store.store import Store

__all__ = ["CellExecution", "Count", "count_runs", "last_executions"]

_MANY = 200
_PATIENCE = 2.0  # nobody waits for it, except the end of the process


class CellExecution(NamedTuple):
    """A run with the cell it was the execution of."""

    run: Run
    cell_id: str | None
    code: str


class Count(NamedTuple):
    """How many active runs there are, and how many of them failed without a metric."""

    runs: int
    fruitless: int


def count_runs(store: Store, experiment_id: str | None = None) -> Count:
    """Return the number of active runs, in one experiment or in all."""
    with store.reading() as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (status IN ('FAILED', 'KILLED') "
            "AND cardinality(coalesce(metrics, MAP {})) = 0) FROM runs "
            "WHERE lifecycle_stage = 'active' "
            "AND experiment_id = coalesce(TRY_CAST(? AS BIGINT), experiment_id)",
            [experiment_id],
        ).fetchone()
    return Count(*row) if row else Count(0, 0)


def last_executions(store: Store, notebook: str | None) -> list[CellExecution]:
    """Return the newest run of each cell of a notebook, oldest first.

    Where cells have no id, each different text counts as a cell.
    """
    with store.reading(deadline=_PATIENCE) as connection:
        rows = connection.execute(
            "SELECT CAST(run_id AS VARCHAR), cell_id, content FROM ("
            "SELECT cells.run_id, cell_id, content, cells.start_time, row_number() "
            "OVER (PARTITION BY coalesce(cell_id, code_digest) "
            "ORDER BY cells.start_time DESC) AS place "
            "FROM cells JOIN runs ON runs.run_id = cells.run_id "
            "LEFT JOIN texts ON digest = code_digest "
            "WHERE lifecycle_stage = 'active' "
            "AND notebook IS NOT DISTINCT FROM ?) "
            "WHERE place = 1 ORDER BY start_time DESC LIMIT ?",
            [notebook, _MANY],
        ).fetchall()
        ids = [run_id for run_id, _, _ in rows]
        where = Condition("WHERE run_id IN (SELECT unnest(CAST(? AS UUID[])))", (ids,))
        runs = {run.info.run_id: run for run in select_runs(connection, where)}
    found = [
        CellExecution(runs[run_id.replace("-", "")], cell_id, code or "")
        for run_id, cell_id, code in rows
    ]
    return found[::-1]
