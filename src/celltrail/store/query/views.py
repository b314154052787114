"""The tables of `celltrail.sql`: views over the store, without what was deleted.

Ids stay UUIDs here, so that an id compares as text and still skips blocks of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

__all__ = ["VIEWS", "create_views"]

_RUN = """
    run_id, experiment_id,
    (SELECT any_value(e.name) FROM store.experiments e
        WHERE e.experiment_id = r.experiment_id) AS experiment,
    name, status, start_time, end_time,
    (epoch_us(end_time) - epoch_us(start_time)) / 1e6 AS duration,
    parent_run_id, user_id, session_id
"""
_IS_LIVE = (
    "run_id NOT IN (SELECT run_id FROM store.runs WHERE lifecycle_stage <> 'active')"
)
_ENTRIES = """
    SELECT run_id, entry.key AS key, entry.value AS value{more}
    FROM (SELECT run_id, unnest(map_entries({column})) AS entry
        FROM store.runs WHERE lifecycle_stage = 'active')
"""

VIEWS: Final[dict[str, str]] = {
    "runs": f"""
        SELECT {_RUN}, metrics, params, tags, "values", context
        FROM store.runs r WHERE lifecycle_stage = 'active'
    """,
    "params": _ENTRIES.format(
        column="params", more=", TRY_CAST(entry.value AS DOUBLE) AS number"
    ),
    "tags": _ENTRIES.format(column="tags", more=""),
    "metrics": f"""
        SELECT run_id, key, step, value, timestamp FROM (
            FROM store.metrics_settled UNION ALL FROM store.metrics_hot
        ) WHERE {_IS_LIVE}
    """,
    "latest_metrics": """
        SELECT run_id, entry.key AS key, entry.value AS value,
            stats[entry.key].step AS step, stats[entry.key]."time" AS timestamp,
            stats[entry.key]."min" AS "min", stats[entry.key]."max" AS "max",
            stats[entry.key]."count" AS "count"
        FROM (SELECT run_id, metric_stats AS stats,
                unnest(map_entries(metrics)) AS entry
            FROM store.runs WHERE lifecycle_stage = 'active')
    """,
    "artifacts": f"""
        SELECT run_id, path, digest, size, "time" FROM store.artifacts
        WHERE {_IS_LIVE}
    """,
    "experiments": """
        SELECT experiment_id, name, tags, creation_time, last_update_time
        FROM store.experiments WHERE lifecycle_stage = 'active'
    """,
    "cells": """
        SELECT session_id, seq, run_id, cell_id, execution_count, notebook, status,
            start_time, duration, t.content AS code
        FROM store.cells c LEFT JOIN store.texts t ON t.digest = c.code_digest
    """,
    # Made for each query, from the keys that the runs have.
    "runs_wide": "",
}
_WIDE = ("metrics", "params", "tags", "values")


def create_views(connection: duckdb.DuckDBPyConnection, names: set[str]) -> None:
    """Create the views of those names beside the store attached as ``store``."""
    for name in sorted(names):
        query = VIEWS[name] or _wide(connection)
        connection.execute(f"CREATE VIEW memory.main.{name} AS {query}")


def _wide(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the query of a table with a column for each key of each run."""
    keys = connection.execute(
        " UNION ALL ".join(
            f'SELECT DISTINCT {place}, unnest(map_keys("{column}")) AS key '
            "FROM store.runs WHERE lifecycle_stage = 'active'"
            for place, column in enumerate(_WIDE)
        )
        + " ORDER BY ALL"
    ).fetchall()
    names = _distinct([f"{_WIDE[place]}.{key}" for place, key in keys])
    cells = [
        f'"{_WIDE[place]}"[{_text(key)}] AS {_name(name)}'
        for (place, key), name in zip(keys, names, strict=True)
    ]
    columns = ", ".join([_RUN.strip(), *cells])
    return f"SELECT {columns} FROM store.runs r WHERE lifecycle_stage = 'active'"


def _distinct(names: list[str]) -> list[str]:
    """Return the names, numbered where they differ from another by case only.

    Names of columns do not tell ``AUC`` from ``auc``.
    """
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        count = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        distinct.append(name if count == 1 else f"{name}_{count}")
    return distinct


def _text(value: str) -> str:
    # A view takes no parameters; doubled quotes are all that a literal needs.
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
