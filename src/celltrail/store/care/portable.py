"""Carrying runs from one store to another: a folder of Parquet and artifact files.

::

    manifest.json        format, version, and for each table its rows and SHA-256
    runs.parquet …       the rows, as DuckDB, pandas or Spark read them
    artifacts/ab/cdef…   the contents, under their SHA-256

Ids are kept, so that importing twice adds nothing twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celltrail.errors import InvalidValueError, NotFoundError, StoreError
from celltrail.store.artifacts import ArtifactFiles
from celltrail.store.care.copying import copy_content, new_folder
from celltrail.store.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from celltrail.store.store import Store

__all__ = [
    "FORMAT",
    "TABLES",
    "VERSION",
    "ExportReport",
    "export_runs",
    "read_manifest",
]

FORMAT = "celltrail runs"
VERSION = 1
_MANIFEST = "manifest.json"
_CHOSEN = "(SELECT run_id FROM exported)"

# The cells before a run's own may hold what it was computed from.
_CELLS = f"""
FROM cells JOIN (
    SELECT session_id, max(seq) AS last_seq FROM cells
    WHERE run_id IN {_CHOSEN} GROUP BY session_id
) AS last ON last.session_id = cells.session_id AND cells.seq <= last_seq
"""
TABLES = {
    "experiments": "SELECT experiment_id, name, tags, creation_time, last_update_time "
    f"FROM experiments WHERE experiment_id IN (SELECT experiment_id FROM runs "
    f"WHERE run_id IN {_CHOSEN}) ORDER BY experiment_id",
    "runs": f"SELECT * FROM runs WHERE run_id IN {_CHOSEN} ORDER BY run_id",
    "metrics": f"SELECT * FROM metrics WHERE run_id IN {_CHOSEN} "
    "ORDER BY run_id, key, step, timestamp",
    "param_history": f"SELECT * FROM param_history WHERE run_id IN {_CHOSEN} "
    "ORDER BY run_id, key, replaced_time",
    "artifacts": f"SELECT * FROM artifacts WHERE run_id IN {_CHOSEN} "
    "ORDER BY run_id, path",
    "inputs": f"SELECT * FROM inputs WHERE run_id IN {_CHOSEN} ORDER BY run_id, name",
    "cells": f"SELECT cells.* {_CELLS} ORDER BY cells.session_id, seq",
    "sessions": "SELECT * FROM sessions WHERE session_id IN (SELECT session_id "
    f"FROM runs WHERE run_id IN {_CHOSEN} UNION SELECT cells.session_id {_CELLS}) "
    "ORDER BY session_id",
    "texts": "SELECT * FROM texts WHERE digest IN (SELECT unnest(map_values(context)) "
    f"FROM runs WHERE run_id IN {_CHOSEN} UNION SELECT code_digest {_CELLS}) "
    "ORDER BY digest",
}


@dataclass(frozen=True)
class ExportReport:
    """What an export holds: its folder, how many runs, contents and their bytes."""

    path: Path
    runs: int
    artifacts: int
    size: int


def export_runs(
    store: Store, run_ids: Sequence[str], target: Path | str
) -> ExportReport:
    """Write runs with all that belongs to them into a new or empty folder.

    With them go the cells of their sessions up to theirs, which may hold what they
    were computed from.

    Parameters
    ----------
    target
        The folder; it appears when the export is complete.

    Raises
    ------
    NotFoundError
        When a run or an artifact of it is not in the store.
    AlreadyExistsError
        When the folder is not empty.
    """
    target = Path(target).expanduser().absolute()
    with new_folder(target) as folder:
        with store.reading() as connection:
            _choose(connection, run_ids)
            tables = {
                name: _write(connection, query, folder / f"{name}.parquet")
                for name, query in TABLES.items()
            }
            digests = connection.execute(
                f"SELECT DISTINCT digest FROM artifacts WHERE run_id IN {_CHOSEN}"
            ).fetchall()
        files = ArtifactFiles(str(folder / "artifacts"))
        sizes = [copy_content(store.artifacts, files, digest) for (digest,) in digests]
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "tables": tables,
        }
        text = json.dumps(manifest, indent=2) + "\n"
        (folder / _MANIFEST).write_text(text, encoding="utf-8")
    return ExportReport(target, tables["runs"]["rows"], len(sizes), sum(sizes))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an export after comparing its tables with it.

    Raises
    ------
    NotFoundError
        When there is no export in the folder.
    StoreError
        When the export is damaged, or of a newer celltrail.
    """
    manifest = _parsed(folder)
    version = manifest.get("version")
    if not isinstance(version, int) or version < 1:
        raise _damaged(folder, f"its {_MANIFEST} has the version {version!r}")
    if version > VERSION:
        message = (
            f"The export {str(folder)!r} has format version {version}; this celltrail "
            f"reads versions up to {VERSION}. Run: pip install -U celltrail"
        )
        raise StoreError(message)
    for name in TABLES:
        _check_table(folder, name, manifest)
    return manifest


def _choose(connection: duckdb.DuckDBPyConnection, run_ids: Sequence[str]) -> None:
    if not run_ids:
        message = "No run was named to export."
        raise InvalidValueError(message)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE exported AS SELECT DISTINCT run_id FROM runs "
        "WHERE run_id IN (SELECT unnest(?::UUID[]))",
        [list(run_ids)],
    )
    rows = connection.execute(
        "SELECT x FROM (SELECT unnest(?::VARCHAR[])) AS q(x) "
        "WHERE x::UUID NOT IN (SELECT run_id FROM exported)",
        [list(run_ids)],
    ).fetchall()
    if rows:
        message = f"Run {rows[0][0]!r} is not in the store."
        raise NotFoundError(message)


def _write(
    connection: duckdb.DuckDBPyConnection, query: str, file: Path
) -> dict[str, Any]:
    connection.execute(
        f"COPY ({query}) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)"
    )
    row = connection.execute(f"SELECT count(*) FROM {_parquet(file)}").fetchone()
    return {"rows": int(row[0]) if row else 0, "sha256": _sha256(file)}


def _parquet(file: Path) -> str:
    return f"read_parquet({quoted(str(file))})"


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _parsed(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        message = (
            f"There is no export in {str(folder)!r}: it has no {_MANIFEST}. "
            "Make one with: celltrail export RUN… DEST"
        )
        raise NotFoundError(message) from None
    except (ValueError, OSError) as error:
        raise _damaged(folder, f"its {_MANIFEST} cannot be read ({error})") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        message = (
            f"{str(folder)!r} is not an export of celltrail: its {_MANIFEST} does not "
            f"say 'format': {FORMAT!r}."
        )
        raise StoreError(message)
    return manifest


def _check_table(folder: Path, name: str, manifest: dict[str, Any]) -> None:
    tables = manifest.get("tables")
    facts = tables.get(name) if isinstance(tables, dict) else None
    if not isinstance(facts, dict):
        raise _damaged(folder, f"its {_MANIFEST} does not speak of {name}")
    file = folder / f"{name}.parquet"
    if not file.is_file():
        raise _damaged(folder, f"{file.name} is missing")
    if _sha256(file) != facts.get("sha256"):
        raise _damaged(folder, f"{file.name} is not what was exported")


def _damaged(folder: Path, what: str) -> StoreError:
    message = (
        f"The export {str(folder)!r} is damaged: {what}. Nothing was imported; copy or "
        "export it again."
    )
    return StoreError(message)
