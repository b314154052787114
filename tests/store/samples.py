"""Runs with everything a run can have, logged as the tracking API logs them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from celltrail.store import events
from celltrail.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.store import Store

# Every table, in an order that makes equal stores equal.
TABLES = (
    "runs",
    "metrics",
    "param_history",
    "artifacts",
    "inputs",
    "cells",
    "sessions",
    "texts",
)
HOUR = 3600


def log_run(
    store: Store,
    name: str = "run",
    *,
    experiment: int = 0,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, list[float]] | None = None,
    files: Mapping[str, bytes] | None = None,
    code: str = "",
    status: str | None = "FINISHED",
) -> str:
    """Log a run and return its id; a status of None leaves it open."""
    run_id = new_id()
    append = store.journal.append
    append(events.run_started(run_id, experiment))
    append(events.text(events.TAG, run_id, "mlflow.runName", name))
    for key, value in (params or {}).items():
        append(events.text(events.PARAM, run_id, key, "older"))
        append(events.text(events.PARAM, run_id, key, value))
    for key, values in (metrics or {}).items():
        for step, point in enumerate(values):
            append(events.metric(run_id, key, point, step, time.time_ns()))
    for path, data in (files or {}).items():
        append(events.artifact(run_id, path, *store.artifacts.put_bytes(data)))
    if code:
        log_cell(store, run_id, code)
        append(events.text(events.CONTEXT, run_id, "code", events.text_digest(code)))
    facts = {"source_type": "code", "source": "{}", "tags": {"context": "train"}}
    append(events.dataset_input(run_id, "data", "d41d8cd9", facts))
    if status is not None:
        append(events.run_status(run_id, status))
    return run_id


def log_cell(store: Store, run_id: str | None, code: str) -> None:
    """Log the execution of one cell, in order."""
    digest, line = events.text_blob(code)
    store.journal.append(line)
    facts = {"code": digest, "status": "ok", "start": time.time_ns(), "duration": 0.1}
    store.journal.append(events.cell(run_id, time.monotonic_ns(), facts))


def rows_of(store: Store, table: str, where: str = "true") -> list[tuple[Any, ...]]:
    """Return the rows of a table as texts, in their order."""
    with store.reading() as connection:
        columns = connection.execute(f"DESCRIBE {table}").fetchall()
        texts = ", ".join(f'"{name[0]}"::VARCHAR' for name in columns)
        query = f"SELECT {texts} FROM {table} WHERE {where} ORDER BY ALL"
        return connection.execute(query).fetchall()


def everything(store: Store, where: str = "true") -> dict[str, list[tuple[Any, ...]]]:
    """Return all that a store says of its runs."""
    return {table: rows_of(store, table, where) for table in TABLES}


def age_files(store: Store, hours: float = 2) -> None:
    """Make all artifact files look as if written a while ago."""
    then = time.time() - hours * HOUR
    for file in (store.path / "artifacts").rglob("*"):
        if file.is_file():
            os.utime(file, (then, then))
