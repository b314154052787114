"""Changes that must be unique or ordered: one short transaction each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.entities import LifecycleStage
from celltrail.errors import AlreadyExistsError, InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from celltrail.store.store import Store

__all__ = [
    "create_experiment",
    "delete_experiment_tag",
    "next_experiment_id",
    "remember_experiment_ids",
    "rename_experiment",
    "set_experiment_stage",
    "set_experiment_tag",
    "set_run_stage",
]

_NOW = "now() AT TIME ZONE 'UTC'"


def create_experiment(
    store: Store,
    name: str,
    artifact_location: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Create an experiment and return its id.

    Raises
    ------
    AlreadyExistsError
        When one of that name exists, deleted ones included.
    """
    with store.writing() as connection:
        _check_name_is_free(connection, name)
        number = next_experiment_id(connection)
        connection.execute(
            f"INSERT INTO experiments VALUES (?, ?, ?, ?, ?, {_NOW}, {_NOW})",
            [
                number,
                name,
                artifact_location,
                LifecycleStage.ACTIVE,
                {str(key): str(value) for key, value in (tags or {}).items()},
            ],
        )
    return str(number)


def next_experiment_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return an id that no experiment has or ever had: others may remember it."""
    row = connection.execute(
        "SELECT coalesce(max(id), -1) + 1 FROM (SELECT experiment_id AS id "
        "FROM experiments UNION ALL SELECT value::BIGINT FROM store_info "
        "WHERE key = 'last_experiment_id')"
    ).fetchone()
    return int(row[0]) if row else 0


def remember_experiment_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Note the greatest id given so far, before experiments are removed for good."""
    greatest = next_experiment_id(connection) - 1
    connection.execute("DELETE FROM store_info WHERE key = 'last_experiment_id'")
    connection.execute(
        "INSERT INTO store_info VALUES ('last_experiment_id', ?)", [str(greatest)]
    )


def rename_experiment(store: Store, experiment_id: str, name: str) -> None:
    """Give an active experiment another name."""
    with store.writing() as connection:
        _check_is_active(connection, experiment_id)
        _check_name_is_free(connection, name)
        _update(connection, experiment_id, "name = ?", name)


def set_experiment_stage(store: Store, experiment_id: str, stage: str) -> None:
    """Delete or restore an experiment, together with its runs."""
    with store.writing() as connection:
        _stage_of(connection, experiment_id)
        _update(connection, experiment_id, "lifecycle_stage = ?", stage)
        connection.execute(
            "UPDATE runs SET lifecycle_stage = ?, deleted_time = "
            f"CASE WHEN ? = 'deleted' THEN {_NOW} END "
            "WHERE experiment_id = ? AND lifecycle_stage <> ?",
            [stage, stage, int(experiment_id), stage],
        )


def set_experiment_tag(store: Store, experiment_id: str, key: str, value: str) -> None:
    """Set one tag of an active experiment."""
    with store.writing() as connection:
        _check_is_active(connection, experiment_id)
        change = "tags = map_concat(tags, ?::MAP(VARCHAR, VARCHAR))"
        _update(connection, experiment_id, change, {key: value})


def delete_experiment_tag(store: Store, experiment_id: str, key: str) -> None:
    """Remove one tag of an active experiment.

    Raises
    ------
    NotFoundError
        When the experiment has no such tag.
    """
    with store.writing() as connection:
        _check_is_active(connection, experiment_id)
        row = connection.execute(
            "SELECT tags FROM experiments WHERE experiment_id = ?", [int(experiment_id)]
        ).fetchone()
        tags = dict(row[0]) if row else {}
        if key not in tags:
            message = f"Experiment {experiment_id} has no tag {key!r}."
            raise NotFoundError(message)
        del tags[key]
        _update(connection, experiment_id, "tags = ?::MAP(VARCHAR, VARCHAR)", tags)


def set_run_stage(store: Store, run_ids: Sequence[str], stage: str) -> None:
    """Delete or restore runs, all of them or none.

    Raises
    ------
    NotFoundError
        When one of them is not in the store.
    """
    with store.writing() as connection:
        found = connection.execute(
            "SELECT replace(run_id::VARCHAR, '-', '') FROM runs "
            "WHERE run_id IN (SELECT unnest(?::UUID[]))",
            [list(run_ids)],
        ).fetchall()
        missing = set(run_ids) - {run_id for (run_id,) in found}
        if missing:
            message = f"Run {min(missing)!r} is not in the store."
            raise NotFoundError(message)
        connection.execute(
            "UPDATE runs SET lifecycle_stage = ?, deleted_time = "
            f"CASE WHEN ? = 'deleted' THEN {_NOW} END "
            "WHERE run_id IN (SELECT unnest(?::UUID[]))",
            [stage, stage, list(run_ids)],
        )


def _update(
    connection: duckdb.DuckDBPyConnection,
    experiment_id: str,
    change: str,
    value: object,
) -> None:
    connection.execute(
        f"UPDATE experiments SET {change}, last_update_time = {_NOW} "
        "WHERE experiment_id = ?",
        [value, int(experiment_id)],
    )


def _check_name_is_free(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    row = connection.execute(
        "SELECT lifecycle_stage FROM experiments WHERE name = ?", [name]
    ).fetchone()
    if row is None:
        return
    message = f"Experiment {name!r} already exists."
    if row[0] == LifecycleStage.DELETED:
        message = (
            f"Experiment {name!r} already exists in deleted state. You can restore the "
            "experiment, or permanently delete it with: celltrail gc"
        )
    raise AlreadyExistsError(message)


def _check_is_active(connection: duckdb.DuckDBPyConnection, experiment_id: str) -> None:
    if _stage_of(connection, experiment_id) != LifecycleStage.ACTIVE:
        message = (
            f"Experiment {experiment_id} is deleted. Restore it first: "
            f"celltrail.MlflowClient().restore_experiment({experiment_id!r})"
        )
        raise InvalidValueError(message)


def _stage_of(connection: duckdb.DuckDBPyConnection, experiment_id: str) -> str:
    row = connection.execute(
        "SELECT lifecycle_stage FROM experiments WHERE experiment_id = ?",
        [_number(experiment_id)],
    ).fetchone()
    if row is None:
        message = f"No experiment with id {experiment_id!r} exists."
        raise NotFoundError(message)
    return str(row[0])


def _number(experiment_id: str) -> int:
    try:
        return int(experiment_id)
    except ValueError:
        message = f"{experiment_id!r} is no experiment id; ids are whole numbers."
        raise InvalidValueError(message) from None
