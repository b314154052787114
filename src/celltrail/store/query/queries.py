"""Questions about single runs and experiments."""

from __future__ import annotations

import re
from itertools import repeat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from celltrail.entities import FileInfo, Metric, PagedList, ViewType
from celltrail.errors import NotFoundError, nearest
from celltrail.store.query.fields import EXPERIMENTS
from celltrail.store.query.filters import Condition, compile_filter
from celltrail.store.query.ordering import compile_order
from celltrail.store.query.paging import (
    check_max_results,
    fingerprint,
    page_offset,
)
from celltrail.store.query.paging import page_token as make_token
from celltrail.store.query.rows import (
    EXPERIMENT_COLUMNS,
    experiment_of,
    hex_of,
    select_runs,
)
from celltrail.store.query.search import stages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import duckdb
    import pandas as pd

    from celltrail.entities import Experiment, Run
    from celltrail.store.store import Store

__all__ = [
    "CellRun",
    "StoredFile",
    "artifact_files",
    "as_run_id",
    "cells_of_run",
    "child_runs",
    "get_experiment",
    "get_experiment_by_name",
    "get_run",
    "list_artifacts",
    "metric_history",
    "metric_history_frame",
    "param_history",
    "run_keys",
    "search_experiments",
    "texts",
]

_RUN_ID = re.compile(r"[0-9a-f]{32}")


class StoredFile(NamedTuple):
    """An artifact file of a run: its path there, its content's digest, its size."""

    path: str
    digest: str
    size: int


class CellRun(NamedTuple):
    """One execution of a cell, tracked by a run."""

    session_id: str
    seq: int
    cell_id: str | None
    execution_count: int | None
    notebook: str | None
    code_digest: str | None
    status: str | None
    start_time: datetime | None
    duration: float | None


def as_run_id(text: str) -> str | None:
    """Return the text as 32 hexadecimal characters, or None when it is no run id."""
    bare = text.strip().replace("-", "").lower()
    return bare if _RUN_ID.fullmatch(bare) else None


def get_run(store: Store, run_id: str, *, max_age: float | None = None) -> Run:
    """Return the run of that id, deleted ones included.

    Raises
    ------
    NotFoundError
        When the store has no such run.
    """
    known = as_run_id(run_id)
    runs: list[Run] = []
    if known:
        rest = Condition("WHERE run_id = CAST(? AS UUID)", (known,))
        with store.reading(max_age=max_age) as connection:
            runs = select_runs(connection, rest)
    if not runs:
        message = f"Run {run_id!r} not found. List them with celltrail.search_runs()."
        raise NotFoundError(message)
    return runs[0]


def child_runs(store: Store, run_id: str) -> list[Run]:
    """Return the active runs whose parent that run is, oldest first."""
    rest = Condition(
        "WHERE parent_run_id = CAST(? AS UUID) AND lifecycle_stage = 'active' "
        "ORDER BY start_time, run_id",
        (_checked(run_id),),
    )
    with store.reading() as connection:
        return select_runs(connection, rest)


def get_experiment(store: Store, experiment_id: str) -> Experiment:
    """Return the experiment of that id, deleted ones included.

    Raises
    ------
    NotFoundError
        When the store has no such experiment.
    """
    where = Condition(
        "WHERE experiment_id = TRY_CAST(? AS BIGINT)", (str(experiment_id),)
    )
    found = _experiments(store, where)
    if not found:
        message = (
            f"No experiment with id {str(experiment_id)!r} exists. "
            "celltrail.search_experiments() lists them."
        )
        raise NotFoundError(message)
    return found[0]


def get_experiment_by_name(store: Store, name: str) -> Experiment | None:
    """Return the experiment of that name, deleted ones included, or None."""
    found = _experiments(store, Condition("WHERE name = ?", (name,)))
    return found[0] if found else None


def search_experiments(
    store: Store,
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 1000,
    filter_string: str | None = None,
    *,
    order_by: Sequence[str] | None = None,
    page_token: str | None = None,
) -> PagedList[Experiment]:
    """Return one page of the experiments that match, the newest first.

    The grammar is that of runs, with the attributes ``name``, ``experiment_id``,
    ``creation_time`` and ``last_update_time``, and ``tags.…``.
    """
    size = check_max_results(max_results)
    stages = stages_of(view_type)
    found = compile_filter(filter_string, EXPERIMENTS)
    order = compile_order(order_by, _tie_break(order_by), EXPERIMENTS)
    asked = None if order_by is None else list(order_by)
    question = fingerprint("experiments", filter_string, view_type, asked)
    offset = page_offset(page_token, question)
    rest = Condition(
        f"WHERE lifecycle_stage IN ({', '.join('?' * len(stages))}) AND {found.sql} "
        f"ORDER BY {order.sql} LIMIT ? OFFSET ?",
        (*stages, *found.parameters, *order.parameters, size + 1, offset),
    )
    page = _experiments(store, rest)
    token = make_token(offset + size, question) if len(page) > size else None
    return PagedList(page[:size], token)


def _tie_break(order_by: Sequence[str] | None) -> str:
    """Return MLflow's order among experiments that are equal otherwise."""
    return "experiment_id DESC" if order_by else "creation_time DESC, experiment_id"


def metric_history(store: Store, run_id: str, key: str) -> list[Metric]:
    """Return every point of a metric, in the order of time, step and value."""
    with store.reading() as connection:
        points = _points(connection, run_id, key, "(epoch_us(timestamp) // 1000)")
        steps, times, values = (part.tolist() for part in points.fetchnumpy().values())
    return list(map(Metric, repeat(key), values, times, steps, repeat(run_id)))


def metric_history_frame(store: Store, run_id: str, key: str) -> pd.DataFrame:
    """Return the points of a metric as columns ``step``, ``timestamp``, ``value``.

    Much faster than `metric_history` for long ones.
    """
    with store.reading() as connection:
        frame = _points(connection, run_id, key, "timestamp").df()
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC")
    return frame


def _points(
    connection: duckdb.DuckDBPyConnection, run_id: str, key: str, time: str
) -> duckdb.DuckDBPyConnection:
    return connection.execute(
        f"SELECT step, {time} AS timestamp, value FROM metrics "
        "WHERE run_id = CAST(? AS UUID) AND key = ? "
        "ORDER BY metrics.timestamp, step, value",
        [_checked(run_id), key],
    )


def param_history(store: Store, run_id: str, key: str) -> list[str]:
    """Return the values a param had before its present one, oldest first."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT value FROM param_history "
            "WHERE run_id = CAST(? AS UUID) AND key = ? ORDER BY replaced_time",
            [_checked(run_id), key],
        ).fetchall()
    return [value for (value,) in rows]


def artifact_files(store: Store, run_id: str) -> list[StoredFile]:
    """Return all artifact files of a run by path; the newest content of each."""
    with store.reading() as connection:
        rows = connection.execute(
            'SELECT path, arg_max(digest, "time"), arg_max(size, "time") '
            "FROM artifacts WHERE run_id = CAST(? AS UUID) GROUP BY path ORDER BY path",
            [_checked(run_id)],
        ).fetchall()
    return [StoredFile(*row) for row in rows]


def list_artifacts(
    store: Store, run_id: str, path: str | None = None
) -> list[FileInfo]:
    """Return the files and folders directly inside a folder of a run's artifacts.

    Parameters
    ----------
    store, run_id
        Whose artifacts.
    path
        The folder; None for the topmost. A file's own path gives nothing, as in MLflow.
    """
    folder = PurePosixPath(path or "")
    found: dict[str, FileInfo] = {}
    for file in artifact_files(store, run_id):
        place = PurePosixPath(file.path)
        if folder in place.parents:
            child = str(folder / place.relative_to(folder).parts[0])
            is_dir = child != file.path
            found[child] = FileInfo(child, is_dir, None if is_dir else file.size)
    return [found[child] for child in sorted(found)]


def cells_of_run(store: Store, run_id: str) -> list[CellRun]:
    """Return the cell executions of a run, in their order."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT {hex_of('session_id')}, seq, cell_id, execution_count, notebook, "
            "code_digest, status, start_time, duration FROM cells "
            "WHERE run_id = CAST(? AS UUID) ORDER BY start_time, seq",
            [_checked(run_id)],
        ).fetchall()
    return [CellRun(*row) for row in rows]


def texts(store: Store, digests: Iterable[str]) -> dict[str, str]:
    """Return the stored texts (code, diffs, package lists) of those digests."""
    wanted = list(digests)
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT digest, content FROM texts WHERE digest IN "
            "(SELECT unnest(CAST(? AS VARCHAR[])))",
            [wanted],
        ).fetchall()
    return dict(rows)


def run_keys(
    store: Store,
    column: str,
    experiment_id: str | None = None,
    *,
    max_age: float | None = None,
) -> list[str]:
    """Return the keys that active runs have, for completion and suggestions.

    Parameters
    ----------
    store
        Where to look.
    column
        ``metrics``, ``params``, ``tags``, ``values`` or ``context``.
    experiment_id
        One experiment; None for all.
    max_age
        Seconds for which an earlier view of the store is fresh enough.
    """
    known = ("metrics", "params", "tags", "values", "context")
    if column not in known:
        message = f"Runs have no keys of {column!r}.{nearest(column, known)}"
        raise NotFoundError(message)
    with store.reading(max_age=max_age) as connection:
        rows = connection.execute(
            f'SELECT DISTINCT unnest(map_keys("{column}")) AS key FROM runs '
            "WHERE lifecycle_stage = 'active' "
            "AND experiment_id = coalesce(TRY_CAST(? AS BIGINT), experiment_id) "
            "ORDER BY key",
            [experiment_id],
        ).fetchall()
    return [key for (key,) in rows]


def _checked(run_id: str) -> str:
    known = as_run_id(run_id)
    if known is None:
        message = f"{run_id!r} is no run id; those have 32 hexadecimal characters."
        raise NotFoundError(message)
    return known


def _experiments(store: Store, rest: Condition) -> list[Experiment]:
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT {EXPERIMENT_COLUMNS} FROM experiments {rest.sql}", rest.parameters
        ).fetchall()
    return [experiment_of(row, store) for row in rows]
