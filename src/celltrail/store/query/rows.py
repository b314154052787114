"""Rows of the database as entities: the one place that knows both."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from celltrail.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    InputTag,
    Run,
    RunData,
    RunInfo,
    RunInputs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from celltrail.store.query.filters import Condition
    from celltrail.store.store import Store

__all__ = ["EXPERIMENT_COLUMNS", "experiment_of", "hex_of", "select_runs"]

_MAPS = ("metrics", "params", "tags", '"values"', "context")


def hex_of(column: str) -> str:
    """Return the SQL for a UUID column as 32 hexadecimal characters."""
    return f"replace(CAST({column} AS VARCHAR), '-', '')"


# Lists become Python objects twice as fast as maps do.
_RUN_COLUMNS = ", ".join(
    [
        hex_of("run_id"),
        "name",
        "CAST(experiment_id AS VARCHAR)",
        "user_id",
        "status",
        "(epoch_us(start_time) // 1000)",
        "(epoch_us(end_time) // 1000)",
        "lifecycle_stage",
        *(f"map_keys({name}), map_values({name})" for name in _MAPS),
    ]
)
EXPERIMENT_COLUMNS = (
    "CAST(experiment_id AS VARCHAR), name, artifact_location, lifecycle_stage, tags, "
    "(epoch_us(creation_time) // 1000), (epoch_us(last_update_time) // 1000)"
)


def select_runs(connection: duckdb.DuckDBPyConnection, rest: Condition) -> list[Run]:
    """Return the runs of ``SELECT … FROM runs`` followed by `rest`."""
    rows = connection.execute(
        f"SELECT {_RUN_COLUMNS} FROM runs {rest.sql}", rest.parameters
    ).fetchall()
    inputs = _inputs(connection, [row[0] for row in rows])
    return [_run_of(row, inputs.get(row[0], [])) for row in rows]


def experiment_of(row: Sequence[Any], store: Store) -> Experiment:
    """Return the experiment of a row of `EXPERIMENT_COLUMNS`."""
    number, name, location, stage, tags, created, updated = row
    return Experiment(
        experiment_id=number,
        name=name,
        artifact_location=location or f"{store.uri}/artifacts",
        lifecycle_stage=stage,
        tags=tags or {},
        creation_time=created,
        last_update_time=updated,
    )


def _run_of(row: Sequence[Any], inputs: list[DatasetInput]) -> Run:
    run_id, name, experiment_id, user, status, start, end, stage, *maps = row
    info = RunInfo(
        run_id=run_id,
        run_name=name or "",
        experiment_id=experiment_id,
        user_id=user or "",
        status=status,
        start_time=start,
        end_time=end,
        lifecycle_stage=stage,
        artifact_uri=f"runs:/{run_id}",
    )
    # A map that was never written is NULL.
    pairs = zip(maps[::2], maps[1::2], strict=True)
    data = RunData(*(dict(zip(k or (), v or (), strict=True)) for k, v in pairs))
    return Run(info, data, RunInputs(inputs))


def _inputs(
    connection: duckdb.DuckDBPyConnection, run_ids: list[str]
) -> dict[str, list[DatasetInput]]:
    if not run_ids:
        return {}
    rows = connection.execute(
        f"SELECT {hex_of('run_id')}, name, digest, source_type, source, schema, "
        "profile, tags FROM inputs "
        'WHERE run_id IN (SELECT unnest(CAST(? AS UUID[]))) ORDER BY "time", name',
        [run_ids],
    ).fetchall()
    found: dict[str, list[DatasetInput]] = defaultdict(list)
    for run_id, name, digest, source_type, source, schema, profile, tags in rows:
        dataset = Dataset(
            name=name,
            digest=digest,
            source_type=source_type or "",
            source=source or "",
            schema=schema,
            profile=profile,
        )
        uses = [InputTag(key, value) for key, value in (tags or {}).items()]
        found[run_id].append(DatasetInput(dataset, uses))
    return found
