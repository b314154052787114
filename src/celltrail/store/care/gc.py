"""Removing for good what was deleted: runs, experiments, texts and artifact files.

Rows go in one transaction, behind a fold. Files go after it, and only those that were
written a while ago: a process may have put one whose event it has yet to write.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import StoreError
from celltrail.store.care.copying import copy_database
from celltrail.store.connection import attached
from celltrail.store.decisions import remember_experiment_ids
from celltrail.store.ids import new_id
from celltrail.store.location import DATABASE
from celltrail.store.locks import FileLock
from celltrail.store.segments import sizes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from celltrail.store.artifacts import Content
    from celltrail.store.store import Store

__all__ = ["GRACE", "GcReport", "collect", "old_leftovers"]

logger = logging.getLogger(__name__)

GRACE = 3600.0
_DEADLINE = 60.0
_RUN_TABLES = (
    "metrics_hot",
    "metrics_settled",
    "param_history",
    "artifacts",
    "inputs",
    "runs",
)


@dataclass(frozen=True)
class GcReport:
    """What a collection removed, or with `dry_run` would remove.

    Attributes
    ----------
    runs
        Ids of the runs.
    experiments
        Names of the experiments.
    running
        Ids of deleted runs that a living process still writes; they are kept.
    texts, text_bytes
        Code, diffs and package lists that no run refers to any more.
    texts_kept
        Whether such texts had to stay, because a living session may refer to them.
    artifacts, artifact_bytes
        Contents that no run refers to, and left-over temporary files.
    database_before, database_after
        Size of the database file in bytes.
    """

    dry_run: bool
    runs: tuple[str, ...]
    experiments: tuple[str, ...]
    running: tuple[str, ...]
    texts: int
    text_bytes: int
    texts_kept: bool
    artifacts: int
    artifact_bytes: int
    database_before: int
    database_after: int

    @property
    def found_nothing(self) -> bool:
        """Whether there was nothing to remove."""
        return not (self.runs or self.experiments or self.texts or self.artifacts)


@dataclass(frozen=True)
class _Plan:
    """What the database says may go; the temporary tables hold the rest."""

    runs: tuple[str, ...]
    experiments: tuple[str, ...]
    running: tuple[str, ...]
    texts: int
    text_bytes: int
    texts_kept: bool
    referenced: frozenset[str]

    @property
    def has_rows(self) -> bool:
        return bool(self.runs or self.experiments or self.texts)


def collect(
    store: Store, *, dry_run: bool = False, older_than: timedelta | None = None
) -> GcReport:
    """Remove deleted runs and experiments, and what nothing refers to any more.

    Nothing of an active run is touched, nor of a run that a living process writes. The
    database is written anew when rows went, so that its file shrinks and the deleted
    values are truly gone.

    Parameters
    ----------
    dry_run
        Only say what would go.
    older_than
        Spare runs and experiments deleted more recently.
    """
    before = _database_size(store)
    if dry_run:
        with store.reading() as connection:
            plan = _plan(store, connection, older_than)
    else:
        with store.writing(deadline=_DEADLINE) as connection:
            plan = _plan(store, connection, older_than)
            _remove_rows(connection)
        if plan.has_rows:
            _compact(store)
    files = list(_unreferenced_files(store, plan.referenced, dry_run=dry_run))
    return GcReport(
        dry_run=dry_run,
        runs=plan.runs,
        experiments=plan.experiments,
        running=plan.running,
        texts=plan.texts,
        text_bytes=plan.text_bytes,
        texts_kept=plan.texts_kept,
        artifacts=len(files),
        artifact_bytes=sum(file.size for file in files),
        database_before=before,
        database_after=_database_size(store),
    )


def old_leftovers(store: Store) -> Iterable[Content]:
    """Yield the temporary artifact files that no living write can still need."""
    limit = time.time() - GRACE
    return (file for file in store.artifacts.leftovers() if file.written < limit)


def _plan(
    store: Store, connection: duckdb.DuckDBPyConnection, older_than: timedelta | None
) -> _Plan:
    """Choose what goes, into temporary tables ``gc_…``; nothing is changed."""
    # After a fold, only sessions that may still write have a journal.
    living = sorted({name.partition("-")[0] for name in sizes(store.journals)})
    limit = None
    if older_than is not None:
        limit = datetime.now(UTC).replace(tzinfo=None) - older_than
    run = connection.execute
    run(_RUNS, [living, limit, limit])
    run(_EXPERIMENTS, [limit, limit])
    run(_SESSIONS, [living])
    run(_CELLS)
    run(_TEXTS)
    texts, text_bytes = _one(connection, "SELECT count(*), sum(size) FROM gc_texts")
    if texts and living:
        # A session sends each text once, and refers to it as long as it lives.
        run("DELETE FROM gc_texts")
    kept_texts = bool(texts and living)
    return _Plan(
        runs=_column(connection, f"{_RUN_IDS} WHERE NOT is_running ORDER BY run_id"),
        running=_column(connection, f"{_RUN_IDS} WHERE is_running ORDER BY run_id"),
        experiments=_column(connection, "SELECT name FROM gc_experiments ORDER BY 1"),
        texts=0 if kept_texts else int(texts),
        text_bytes=0 if kept_texts else int(text_bytes or 0),
        texts_kept=kept_texts,
        referenced=frozenset(_column(connection, _REFERENCED)),
    )


_RUNS = """
CREATE OR REPLACE TEMP TABLE gc_runs AS
SELECT run_id, coalesce(status = 'RUNNING' AND session_id IN
    (SELECT unnest($1::UUID[])), false) AS is_running
FROM runs WHERE lifecycle_stage = 'deleted' AND ($2::TIMESTAMP IS NULL
    OR coalesce(deleted_time, end_time, start_time) <= $3::TIMESTAMP)
"""
_RUN_IDS = "SELECT replace(run_id::VARCHAR, '-', '') FROM gc_runs"
_GONE = "(SELECT run_id FROM gc_runs WHERE NOT is_running)"
# "Default" always exists.
_EXPERIMENTS = f"""
CREATE OR REPLACE TEMP TABLE gc_experiments AS
SELECT experiment_id, name FROM experiments
WHERE lifecycle_stage = 'deleted' AND experiment_id <> 0
    AND ($1::TIMESTAMP IS NULL OR last_update_time <= $2::TIMESTAMP)
    AND experiment_id NOT IN
        (SELECT experiment_id FROM runs WHERE run_id NOT IN {_GONE})
"""
# A trail is kept whole as long as one run of it is left: what that run was computed
# from may be in a deleted run's cell. Such a cell keeps the id of its run.
_SESSIONS = f"""
CREATE OR REPLACE TEMP TABLE gc_sessions AS
WITH of_run AS (
    SELECT session_id, run_id FROM runs
    UNION SELECT session_id, run_id FROM cells WHERE run_id IS NOT NULL
)
SELECT session_id FROM of_run WHERE session_id IS NOT NULL
    AND session_id NOT IN (SELECT unnest($1::UUID[]))
GROUP BY session_id
HAVING bool_and(run_id IN {_GONE} OR run_id NOT IN (SELECT run_id FROM runs))
"""
_CELLS = """
CREATE OR REPLACE TEMP TABLE gc_kept_cells AS
SELECT code_digest FROM cells
WHERE session_id NOT IN (SELECT session_id FROM gc_sessions)
"""
_TEXTS = f"""
CREATE OR REPLACE TEMP TABLE gc_texts AS
WITH kept AS (SELECT * FROM runs WHERE run_id NOT IN {_GONE}), used AS (
    SELECT unnest(map_values(context)) AS digest FROM kept
    UNION SELECT unnest(map_values(tags)) FROM kept
    UNION SELECT unnest(map_values(params)) FROM kept
    UNION SELECT unnest(map_values("values")) FROM kept
    UNION SELECT code_digest FROM gc_kept_cells
)
SELECT digest, strlen(content) AS size FROM texts
WHERE digest NOT IN (SELECT digest FROM used WHERE digest IS NOT NULL)
"""
_REFERENCED = f"SELECT DISTINCT digest FROM artifacts WHERE run_id NOT IN {_GONE}"


def _remove_rows(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    sessions = "(SELECT session_id FROM gc_sessions)"
    run(f"DELETE FROM cells WHERE session_id IN {sessions}")
    run(f"DELETE FROM sessions WHERE session_id IN {sessions}")
    for table in _RUN_TABLES:
        run(f"DELETE FROM {table} WHERE run_id IN {_GONE}")
    run("DELETE FROM texts WHERE digest IN (SELECT digest FROM gc_texts)")
    remember_experiment_ids(connection)
    run(
        "DELETE FROM experiments WHERE experiment_id IN "
        "(SELECT experiment_id FROM gc_experiments)"
    )


def _compact(store: Store) -> None:
    """Write the database anew and put it in the old one's place, in one step.

    DuckDB only reuses the room of deleted rows. Where this cannot be done (a full disk;
    on Windows, another program that reads the file), the old file stays.
    """
    scratch = store.path / "tmp"
    scratch.mkdir(exist_ok=True)
    target = scratch / f"{new_id()}.duckdb"
    file, log = store.path / DATABASE, store.path / f"{DATABASE}.wal"
    try:
        with FileLock(store.path / "fold.lock").hold(shared=False, deadline=_DEADLINE):
            with attached(file, read_only=False, deadline=_DEADLINE) as connection:
                copy_database(connection, target)
            if not log.exists():
                target.replace(file)
    except (duckdb.Error, StoreError, OSError) as error:
        logger.warning("The database was not made smaller: %s", error)
    finally:
        target.unlink(missing_ok=True)


def _unreferenced_files(
    store: Store, referenced: frozenset[str], *, dry_run: bool
) -> Iterable[Content]:
    """Yield the files that nothing needs; those that could be removed, if they were."""
    limit = time.time() - GRACE
    unneeded = [
        content
        for content in store.artifacts.contents()
        if content.name not in referenced and content.written < limit
    ]
    for content in [*unneeded, *old_leftovers(store)]:
        if dry_run or store.artifacts.discard(content.name, before=limit):
            yield content


def _database_size(store: Store) -> int:
    file = store.path / DATABASE
    return file.stat().st_size if file.exists() else 0


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    row = connection.execute(query).fetchone()
    return row or (0, 0)


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[str, ...]:
    return tuple(value for (value,) in connection.execute(query).fetchall())
