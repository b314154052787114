"""Taking the runs of an export into a store: all of them that are new, or none.

An export comes from anywhere. What it says of itself is checked, then its columns, then
every value that becomes a path, before one transaction adds the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import NotFoundError, StoreError
from celltrail.store.artifacts import ArtifactFiles
from celltrail.store.care.copying import copy_content
from celltrail.store.care.portable import TABLES, read_manifest
from celltrail.store.connection import quoted
from celltrail.store.decisions import next_experiment_id
from celltrail.store.segments import sizes

if TYPE_CHECKING:
    from celltrail.store.store import Store

__all__ = ["ImportReport", "import_runs", "is_safe_path"]

_DEADLINE = 60.0
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TAKEN = "run_id IN (SELECT run_id FROM taken)"
_OF_RUNS = ("param_history", "artifacts", "inputs")
_SHARED = {"sessions": "session_id", "cells": "session_id, seq", "texts": "digest"}


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    runs
        Ids of the runs that were added.
    updated
        Ids of runs that an earlier import had brought unfinished.
    known
        How many runs were here already and were left as they are.
    experiments
        Names of the experiments that were created.
    artifacts, size
        How many contents were read, and their bytes.
    """

    runs: tuple[str, ...]
    updated: tuple[str, ...]
    known: int
    experiments: tuple[str, ...]
    artifacts: int
    size: int


def import_runs(store: Store, source: Path | str) -> ImportReport:
    """Add the runs of an export (see `celltrail.store.care.portable`) to a store.

    Run ids are kept. Experiments are matched by name and created when missing. A run
    that is here already stays as it is, unless it was imported while it still ran.

    Raises
    ------
    NotFoundError
        When the folder holds no export.
    StoreError
        When the export is damaged, of a newer celltrail, or has what celltrail would
        not write; nothing is changed then.
    """
    folder = Path(source).expanduser().absolute()
    read_manifest(folder)
    try:
        with store.reading() as connection:
            _open(connection, folder)
            _check_values(connection, folder)
            _choose(store, connection)
            wanted = _digests(connection)
        # Nobody else waits while files are copied; gc spares them for an hour.
        size = sum(_take_artifact(store, folder, digest) for digest in wanted)
        with store.writing(deadline=_DEADLINE) as connection:
            _open(connection, folder)
            _choose(store, connection)
            for digest in _digests(connection) - wanted:
                _take_artifact(store, folder, digest)
            names = _take_experiments(connection)
            report = _report(connection, names, len(wanted), size)
            _take_rows(connection)
    except duckdb.Error as error:
        raise _refused(folder, str(error).strip().splitlines()[0]) from error
    return report


def is_safe_path(path: str) -> bool:
    """Return whether an artifact's path stays inside the folder it is put into.

    Examples
    --------
    >>> is_safe_path("model/MLmodel"), is_safe_path("../x"), is_safe_path("C:/x")
    (True, False, False)
    """
    parts = PurePosixPath(path).parts
    windows = PureWindowsPath(path)
    return (
        bool(parts)
        and ".." not in (*parts, *windows.parts)
        and not path.startswith("/")
        and not (windows.drive or windows.root)
        and "\0" not in path
    )


def _open(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make the view ``new_<table>`` of each table, after checking its columns."""
    for name in TABLES:
        file = quoted(str(folder / f"{name}.parquet"))
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW new_{name} AS FROM read_parquet({file})"
        )
        allowed = _columns(connection, name)
        for column, kind in _columns(connection, f"new_{name}").items():
            if allowed.get(column) != kind:
                what = f"{name}.parquet has the unknown column {column!r} ({kind})"
                raise _refused(folder, what)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    return {row[0]: row[1] for row in rows}


_WRONG = {
    "a run has no id, name, start or experiment": """
        SELECT 1 FROM new_runs
        WHERE run_id IS NULL OR name IS NULL OR start_time IS NULL OR coalesce(
            experiment_id NOT IN (SELECT experiment_id FROM new_experiments), true)""",
    "a run is there twice": """
        SELECT 1 FROM new_runs GROUP BY run_id HAVING count(*) > 1""",
    "a run has an unknown status": """
        SELECT 1 FROM new_runs WHERE coalesce(lifecycle_stage NOT IN
            ('active', 'deleted') OR status NOT IN
            ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'), true)""",
    "a run lacks its metrics, params, tags, values or context": """
        SELECT 1 FROM new_runs WHERE metrics IS NULL OR params IS NULL OR tags IS NULL
            OR "values" IS NULL OR context IS NULL OR metric_stats IS NULL""",
    "an experiment has no name, or two have the same": """
        SELECT 1 FROM new_experiments GROUP BY name
        HAVING name IS NULL OR count(*) > 1""",
    "an experiment is there twice": """
        SELECT 1 FROM new_experiments GROUP BY experiment_id HAVING count(*) > 1""",
    "a text is not what its digest says": """
        SELECT 1 FROM new_texts WHERE coalesce(sha256(content) <> digest, true)""",
}


def _check_values(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for what, query in _WRONG.items():
        if connection.execute(f"{query} LIMIT 1").fetchone():
            raise _refused(folder, what)
    rows = connection.execute("SELECT DISTINCT path, digest FROM new_artifacts")
    for path, digest in rows.fetchall():
        if path is None or not is_safe_path(path):
            raise _refused(
                folder, f"the artifact path {path!r} leads out of its folder"
            )
        if digest is None or not _DIGEST.fullmatch(digest):
            raise _refused(folder, f"{digest!r} is not the digest of an artifact")


def _choose(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``taken`` with the runs to add, or to replace because they were unfinished.

    A run of a session that has a journal here is this store's own, and stays.
    """
    own = sorted({name.partition("-")[0] for name in sizes(store.journals)})
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE taken AS SELECT new_runs.run_id, "
        "runs.run_id IS NOT NULL AS is_update FROM new_runs LEFT JOIN runs "
        "ON runs.run_id = new_runs.run_id WHERE runs.run_id IS NULL OR "
        "(runs.status = 'RUNNING' AND runs.lifecycle_stage = 'active' AND "
        "runs.session_id NOT IN (SELECT unnest(?::UUID[])))",
        [own],
    )


def _digests(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        f"SELECT DISTINCT digest FROM new_artifacts WHERE {_TAKEN}"
    )
    return {digest for (digest,) in rows.fetchall()}


def _take_artifact(store: Store, folder: Path, digest: str) -> int:
    """Copy one content after comparing it with its digest; return its size."""
    try:
        source = ArtifactFiles(str(folder / "artifacts"))
        return copy_content(source, store.artifacts, digest)
    except (NotFoundError, StoreError):
        what = f"artifacts/{digest[:2]}/{digest[2:]} is missing or damaged"
        raise _refused(folder, what) from None


def _take_experiments(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Fill ``matched`` with the id here of each experiment there; create what lacks."""
    rows = connection.execute(
        "SELECT n.experiment_id, n.name, e.experiment_id, e.lifecycle_stage "
        "FROM new_experiments n LEFT JOIN experiments e ON e.name = n.name "
        "WHERE n.experiment_id IN (SELECT experiment_id FROM new_runs "
        f"WHERE {_TAKEN}) ORDER BY n.experiment_id"
    ).fetchall()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE matched (there BIGINT, here BIGINT)"
    )
    created = []
    for there, name, known, stage in rows:
        if stage == "deleted":
            message = (
                f"The export has runs of the experiment {name!r}, which is deleted "
                "here. Restore it first: "
                f"celltrail.MlflowClient().restore_experiment({str(known)!r})"
            )
            raise StoreError(message)
        here = next_experiment_id(connection) if known is None else known
        if known is None:
            created.append(name)
            connection.execute(
                "INSERT INTO experiments SELECT ?, name, NULL, 'active', "
                "coalesce(tags, MAP {}), creation_time, last_update_time "
                "FROM new_experiments WHERE experiment_id = ?",
                [here, there],
            )
        connection.execute("INSERT INTO matched VALUES (?, ?)", [there, here])
    return tuple(created)


def _take_rows(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    for table in ("runs", "metrics_hot", "metrics_settled", *_OF_RUNS):
        run(
            f"DELETE FROM {table} WHERE run_id IN "
            "(SELECT run_id FROM taken WHERE is_update)"
        )
    run(
        "INSERT INTO runs BY NAME SELECT * REPLACE ((SELECT here FROM matched "
        "WHERE there = experiment_id) AS experiment_id) FROM new_runs "
        f"WHERE {_TAKEN} ORDER BY run_id"
    )
    run(
        f"INSERT INTO metrics_settled BY NAME SELECT * FROM new_metrics WHERE {_TAKEN} "
        "ORDER BY run_id, key, step, timestamp"
    )
    for table in _OF_RUNS:
        run(f"INSERT INTO {table} BY NAME SELECT * FROM new_{table} WHERE {_TAKEN}")
    for table, keys in _SHARED.items():
        run(
            f"INSERT INTO {table} BY NAME SELECT * FROM new_{table} "
            f"ANTI JOIN {table} USING ({keys}) ORDER BY {keys}"
        )


def _report(
    connection: duckdb.DuckDBPyConnection,
    experiments: tuple[str, ...],
    artifacts: int,
    size: int,
) -> ImportReport:
    rows = connection.execute(
        "SELECT replace(run_id::VARCHAR, '-', ''), is_update FROM taken ORDER BY run_id"
    ).fetchall()
    total = connection.execute("SELECT count(*) FROM new_runs").fetchone()
    return ImportReport(
        runs=tuple(run_id for run_id, is_update in rows if not is_update),
        updated=tuple(run_id for run_id, is_update in rows if is_update),
        known=(total[0] if total else 0) - len(rows),
        experiments=experiments,
        artifacts=artifacts,
        size=size,
    )


def _refused(folder: Path, what: str) -> StoreError:
    message = (
        f"The export {str(folder)!r} was refused: {what}. Nothing was imported; export "
        "it again with: celltrail export RUN… DEST"
    )
    return StoreError(message)
