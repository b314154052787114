"""The mending that is safe: it adds and moves, and removes only broken-off writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from celltrail.store.care.checks import LOST_EXPERIMENTS, LOST_POINTS
from celltrail.store.care.findings import counted
from celltrail.store.care.gc import GRACE, old_leftovers
from celltrail.store.segments import sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from celltrail.store.store import Store

__all__ = ["mend"]

_DEADLINE = 60.0
_LOST_RUNS = (
    "status = 'RUNNING' AND "
    "coalesce(session_id NOT IN (SELECT unnest(?::UUID[])), true)"
)


def mend(store: Store) -> list[str]:
    """Mend what the doctor calls fixable; return what was done.

    The journals are folded, runs that nobody writes any more become KILLED, metric
    points go to their place, missing experiments are made, broken-off writes removed.

    Raises
    ------
    StoreError
        When the database cannot be changed.
    """
    with store.writing(deadline=_DEADLINE) as connection:
        done = ["Folded the journals."]
        living = sorted({name.partition("-")[0] for name in sizes(store.journals)})
        done += _end_lost_runs(connection, living)
        done += _settle_points(connection)
        done += _make_experiments(connection)
    limit = time.time() - GRACE
    removed = [
        file.name
        for file in list(old_leftovers(store))
        if store.artifacts.discard(file.name, before=limit)
    ]
    if removed:
        done.append(f"Removed {counted(len(removed), 'temporary file')}.")
    return done


def _end_lost_runs(
    connection: duckdb.DuckDBPyConnection, living: list[str]
) -> Iterator[str]:
    count = _count(connection, f"SELECT count(*) FROM runs WHERE {_LOST_RUNS}", living)
    if count:
        connection.execute(
            "UPDATE runs SET status = 'KILLED', end_time = greatest(start_time, "
            "(SELECT max(timestamp) FROM metrics_hot m WHERE m.run_id = runs.run_id)) "
            f"WHERE {_LOST_RUNS}",
            [living],
        )
        yield f"Ended {counted(count, 'run')} as KILLED."


def _settle_points(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    count = _count(connection, f"SELECT count(*) FROM metrics_hot WHERE {LOST_POINTS}")
    if count:
        connection.execute(
            "INSERT INTO metrics_settled SELECT * FROM metrics_hot "
            f"WHERE {LOST_POINTS} ORDER BY run_id, key, step, timestamp"
        )
        connection.execute(f"DELETE FROM metrics_hot WHERE {LOST_POINTS}")
        yield f"Moved {counted(count, 'metric point')} to their place."


def _make_experiments(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(LOST_EXPERIMENTS).fetchall()
    for (number,) in rows:
        name = f"recovered-{number}"
        connection.execute(
            "INSERT INTO experiments SELECT ?, ? || CASE WHEN ? IN "
            "(SELECT name FROM experiments) THEN '-' || left(uuid()::VARCHAR, 8) "
            "ELSE '' END, NULL, 'active', MAP {}, now() AT TIME ZONE 'UTC', "
            "now() AT TIME ZONE 'UTC'",
            [number, name, name],
        )
        yield f"Made the experiment {number}."


def _count(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> int:
    row = connection.execute(query, list(values)).fetchone()
    return int(row[0]) if row else 0
