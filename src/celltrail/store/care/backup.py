"""A consistent copy of a whole store, made while others go on logging."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from celltrail.errors import NotFoundError, StoreError
from celltrail.store.artifacts import ArtifactFiles
from celltrail.store.care.copying import copy_content, copy_database, new_folder
from celltrail.store.ids import new_id
from celltrail.store.location import DATABASE

if TYPE_CHECKING:
    from celltrail.store.store import Store

__all__ = ["BackupReport", "backup"]


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds.

    Attributes
    ----------
    path
        Its folder.
    runs
        How many runs it has, deleted ones included.
    artifacts, size
        How many distinct contents were copied, and their bytes.
    database_size
        In bytes.
    damaged
        One line for each content that is missing or damaged in the store itself.
    """

    path: Path
    runs: int
    artifacts: int
    size: int
    database_size: int
    damaged: tuple[str, ...]


def backup(store: Store, target: Path | str) -> BackupReport:
    """Copy a store into a new or empty folder, which is then a store itself.

    It has every event that was logged before the call. To restore it, use the folder:
    ``celltrail --store DEST runs``. Runs that were open show as RUNNING in it;
    ``celltrail --store DEST doctor --fix`` ends them.

    Parameters
    ----------
    target
        The folder; it appears when the backup is complete.

    Raises
    ------
    AlreadyExistsError
        When the folder is not empty.
    """
    target = Path(target).expanduser().absolute()
    with new_folder(target) as folder:
        with store.reading() as connection:
            # Two stores that live side by side must not share their id.
            copy_database(connection, folder / DATABASE, store_id=new_id())
            rows = connection.execute(
                "SELECT DISTINCT digest FROM artifacts ORDER BY digest"
            ).fetchall()
            count = connection.execute("SELECT count(*) FROM runs").fetchone()
        database_size = (folder / DATABASE).stat().st_size
        kept, size, damaged = _copy_artifacts(
            store, folder / "artifacts", [digest for (digest,) in rows]
        )
    return BackupReport(
        path=target,
        runs=int(count[0]) if count else 0,
        artifacts=kept,
        size=size,
        database_size=database_size,
        damaged=tuple(damaged),
    )


def _copy_artifacts(
    store: Store, folder: Path, digests: list[str]
) -> tuple[int, int, list[str]]:
    """Copy what can be copied: a damaged store is worth saving, too."""
    target = ArtifactFiles(str(folder))
    kept = size = 0
    damaged = []
    for digest in digests:
        try:
            size += copy_content(store.artifacts, target, digest)
            kept += 1
        except (NotFoundError, StoreError) as error:
            damaged.append(error.message)
    return kept, size, damaged
