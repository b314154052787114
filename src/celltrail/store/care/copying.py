"""Whole copies: of the database, of contents, and of folders that appear at once."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from celltrail.errors import AlreadyExistsError, StoreError
from celltrail.store.connection import ATTACH_OPTIONS, quoted
from celltrail.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from celltrail.store.artifacts import ArtifactFiles

__all__ = ["copy_content", "copy_database", "new_folder"]


def copy_database(
    connection: duckdb.DuckDBPyConnection, target: Path, store_id: str | None = None
) -> None:
    """Write the attached store's tables and views to a new database file.

    DuckDB copies: nothing else may open a database file that is attached.

    Parameters
    ----------
    store_id
        The id that the copy gets; None keeps it.
    """
    connection.execute(
        f"ATTACH {quoted(str(target))} AS copied (TYPE duckdb, {ATTACH_OPTIONS})"
    )
    try:
        connection.execute("COPY FROM DATABASE store TO copied")
        if store_id is not None:
            connection.execute(
                "UPDATE copied.store_info SET value = ? WHERE key = 'store_id'",
                [store_id],
            )
    finally:
        connection.execute("DETACH copied")


def copy_content(source: ArtifactFiles, target: ArtifactFiles, digest: str) -> int:
    """Copy one content and return its size in bytes.

    Raises
    ------
    NotFoundError
        When the source does not have it.
    StoreError
        When what the source has is not what its digest says.
    """
    with source.open(digest) as content:
        found, size = target.put(content)
    if found != digest:
        message = (
            f"The content {digest} below {source.url!r} is damaged: its SHA-256 is "
            f"{found}."
        )
        raise StoreError(message)
    return size


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder that becomes `target` when the block ends well.

    When it does not, or the process is killed, there is no `target`.

    Raises
    ------
    AlreadyExistsError
        When `target` is there and not an empty folder.
    """
    _check_is_free(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.parent / f".{target.name}.{new_id()}"
    building.mkdir()
    try:
        yield building
        if target.exists():
            target.rmdir()
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _check_is_free(target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        what = "is not empty" if target.is_dir() else "is a file"
        message = f"{str(target)!r} {what}. Name a new or an empty folder."
        raise AlreadyExistsError(message)
