"""Filling celltrail's and MLflow's stores by copying a logged run; see `population`."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from population import KEYS, batches, log_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from population import Batch
    from trackers.fluent import Fluent

__all__ = ["fill"]


def fill(tracker: Fluent, ready: Callable[[], None], *, runs: int) -> dict[str, int]:
    """Fill a fresh store with runs, the way that suits the tracker."""
    ready()
    log_template(tracker)
    copy = {"celltrail": _copy_in_duckdb, "mlflow": _copy_in_sqlite}[tracker.module]
    copy(tracker, runs)
    found = tracker.api.search_runs(
        order_by=["attributes.start_time ASC"], max_results=1
    )
    assert found["metrics.m0"][0] == next(batches(1)).metrics[0, 0]
    return {"runs": runs}


def _copy_in_duckdb(tracker: Fluent, runs: int) -> None:
    import pandas as pd

    from celltrail.store import open_store

    metrics = ", ".join(f"'m{key}': m{key}" for key in range(KEYS))
    params = ", ".join(f"'p{key}': CAST(p{key} AS VARCHAR)" for key in range(KEYS))
    store = open_store(str(tracker.folder))
    with store.writing() as connection:
        execute = connection.execute
        execute("CREATE TEMP TABLE template AS SELECT * FROM runs")
        execute("CREATE TEMP TABLE points AS SELECT * FROM metrics_settled")
        execute("DELETE FROM runs")
        execute("DELETE FROM metrics_settled")
        for batch in batches(runs):
            frame = pd.DataFrame(
                {
                    "run_name": batch.names,
                    "id": batch.ids,
                    "start": batch.starts,
                    **{f"m{key}": batch.metrics[:, key] for key in range(KEYS)},
                    **{f"p{key}": batch.params[:, key] for key in range(KEYS)},
                }
            )
            connection.register("batch", frame)
            execute(f"""
                INSERT INTO runs SELECT template.* REPLACE (
                    CAST(id AS UUID) AS run_id, run_name AS name,
                    make_timestamp(start * 1000) AS start_time,
                    make_timestamp(start * 1000 + 500000) AS end_time,
                    MAP {{{metrics}}} AS metrics, MAP {{{params}}} AS params,
                    map_concat(tags, MAP {{'mlflow.runName': run_name}}) AS tags)
                FROM template, batch ORDER BY id
            """)  # noqa: S608
            execute("""
                INSERT INTO metrics_settled SELECT points.* REPLACE (
                    new.run_id AS run_id, new.metrics[points.key] AS value,
                    new.start_time AS timestamp)
                FROM points, runs AS new
                WHERE new.run_id IN (SELECT CAST(id AS UUID) FROM batch)
                ORDER BY new.run_id, points.key
            """)
            connection.unregister("batch")


def _copy_in_sqlite(tracker: Fluent, runs: int) -> None:
    database = sqlite3.connect(tracker.folder / "mlflow.db")
    database.row_factory = sqlite3.Row
    tables = ("runs", "metrics", "latest_metrics", "params", "tags")
    with contextlib.closing(database), database:
        found = {
            table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608
            for table in tables
        }
        for table in tables:
            database.execute(f"DELETE FROM {table}")  # noqa: S608
            columns = list(found[table][0])
            marks = ", ".join(f":{column}" for column in columns)
            for batch in batches(runs):
                database.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                    _copies(found[table], batch),
                )


def _copies(rows: list[dict[str, Any]], batch: Batch) -> Iterator[dict[str, Any]]:
    for place, run_id in enumerate(batch.ids):
        start, name = batch.starts[place], batch.names[place]
        for row in rows:
            copy = {**row, "run_uuid": run_id}
            kind, column = (row.get("key") or " ")[0], (row.get("key") or " ")[1:]
            if "start_time" in row:
                copy |= {"name": name, "start_time": start, "end_time": start + 500}
                copy["artifact_uri"] = row["artifact_uri"].replace(
                    row["run_uuid"], run_id
                )
            elif row["key"] == "mlflow.runName":
                copy["value"] = name
            elif kind == "m" and column.isdigit():
                copy["value"] = float(batch.metrics[place, int(column)])
                copy["timestamp"] = start
            elif kind == "p" and column.isdigit():
                copy["value"] = str(batch.params[place, int(column)])
            yield copy
