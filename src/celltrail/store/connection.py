"""How this process reaches a store's database.

DuckDB lets one process hold a file for writing and then refuses every other. So each
process keeps one in-memory DuckDB, and each operation attaches the store's file to it,
works, and detaches it, under one mutex. Nothing may hold the file between operations,
and nothing but DuckDB may open it while it is attached: closing any other handle in
this process would drop DuckDB's lock on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import re
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import StoreBusyError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from celltrail.errors import CelltrailError

__all__ = ["ATTACH_OPTIONS", "attached", "new_instance", "quoted"]

# Readable by DuckDB 1.5.5 and 2.0; small blocks keep a small store small.
ATTACH_OPTIONS = "STORAGE_VERSION 'v1.5.0', BLOCK_SIZE 65536"
_MEMORY = "2GB"
_MAX_THREADS = 4
_LOCKED = re.compile(
    r"conflicting lock|could not set lock|being used by another|file handle conflict",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"not a valid duckdb|serializ|cannot open.*version|database file with version",
    re.IGNORECASE,
)


class _Engine:
    """The in-memory DuckDB of this process and the mutex around it."""

    def __init__(self) -> None:
        self.mutex = threading.RLock()
        self.instance: duckdb.DuckDBPyConnection | None = None
        self.attached: tuple[Path, bool] | None = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        if self.instance is None:
            self.instance = new_instance()
        return self.instance


_engine = _Engine()


def new_instance(memory: str = _MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a new in-memory DuckDB with memory and threads capped."""
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": min(_MAX_THREADS, os.cpu_count() or 1),
            "temp_directory": tempfile.gettempdir(),
            "autoinstall_known_extensions": False,
        },
    )


@contextlib.contextmanager
def attached(
    path: Path, *, read_only: bool, deadline: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield this process's DuckDB with the file attached and its tables in reach.

    A block inside another block of the same thread and file shares its attachment.

    Raises
    ------
    StoreBusyError
        When another program holds the file beyond `deadline` seconds.
    StoreError
        When the file is not a database DuckDB can read.
    """
    with _engine.mutex:
        connection = _engine.connection()
        if _engine.attached is not None:
            _check_nesting(_engine.attached, path, read_only=read_only)
            yield connection
            return
        try:
            _attach(connection, path, read_only=read_only, deadline=deadline)
            _engine.attached = (path, read_only)
            connection.execute("USE store")
            yield connection
        except RuntimeError as error:
            # What DuckDB makes of Ctrl-C would pass for a failure.
            if str(error) != "Query interrupted":
                raise
            raise KeyboardInterrupt from error
        finally:
            _engine.attached = None
            _release(connection)


def quoted(text: str) -> str:
    """Return the text as an SQL string literal, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _check_nesting(outer: tuple[Path, bool], path: Path, *, read_only: bool) -> None:
    outer_path, outer_read_only = outer
    if outer_path != path or (outer_read_only and not read_only):
        message = (
            f"A change of the store {str(path)!r} was begun inside a block that reads "
            f"{str(outer_path)!r}. End the outer block first."
        )
        raise StoreError(message)


def _attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    read_only: bool,
    deadline: float,
) -> None:
    # Named, or a SQLite file would be taken for one to attach as such.
    mode = "READ_ONLY" if read_only else ATTACH_OPTIONS
    statement = f"ATTACH {quoted(str(path))} AS store (TYPE duckdb, {mode})"
    end, pause = time.monotonic() + deadline, 0.002
    while True:
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            if not _LOCKED.search(str(error)) or time.monotonic() > end:
                raise _explained(path, error) from error
            time.sleep(pause * random.random())  # noqa: S311
            pause = min(pause * 1.5, 0.05)
        else:
            return


def _release(connection: duckdb.DuckDBPyConnection) -> None:
    with contextlib.suppress(duckdb.Error):
        connection.rollback()
    try:
        connection.execute("USE memory")
        connection.execute("DETACH store")
    except BaseException as error:
        # An instance that cannot let go of the file would block every other process.
        connection.close()
        _engine.instance = None
        if not isinstance(error, duckdb.Error):
            raise


def _explained(path: Path, error: duckdb.Error) -> CelltrailError:
    text = str(error).strip()
    if _LOCKED.search(text):
        holder = re.search(r"\(PID (\d+)\)", text)
        who = f"process {holder[1]}" if holder else "another program"
        return StoreBusyError(
            f"The database {str(path)!r} is held open by {who}. Close it there "
            "(a DuckDB shell, say) and try again; nothing that was logged is lost."
        )
    if _FOREIGN.search(text):
        return StoreError(
            f"{str(path)!r} is not a database this DuckDB {duckdb.__version__} can "
            f"read: {text.splitlines()[0]} Nothing was changed. Move the file away, or "
            "name another store with celltrail.set_tracking_uri(path)."
        )
    return StoreError(f"The database {str(path)!r} could not be opened: {text}")


def _forget_instance() -> None:
    """Start anew in a forked child, whose copy of the instance has no threads.

    Destroying the copy would crash, so it is kept for ever.
    """
    if _engine.instance is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(_engine.instance))
    _engine.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    # With the mutex held, nothing is attached at the moment of a fork.
    os.register_at_fork(
        before=_engine.mutex.acquire,
        after_in_parent=_engine.mutex.release,
        after_in_child=_forget_instance,
    )
