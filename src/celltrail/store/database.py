"""The DuckDB file of a store: folded before it is read, changed by one at a time."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import StoreBusyError, StoreError
from celltrail.store.connection import attached
from celltrail.store.disk import explained
from celltrail.store.fold import fold, folded_offsets
from celltrail.store.location import DATABASE
from celltrail.store.locks import FileLock
from celltrail.store.schema import is_current, migrate
from celltrail.store.segments import dead_sessions, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DEADLINE", "Database"]

DEADLINE = 10.0


class Database:
    """The database of one store, as this process sees it.

    Parameters
    ----------
    folder
        The store's folder, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / DATABASE
        self._journals = folder / "journal"
        self._lock = FileLock(folder / "fold.lock")
        self._folded: dict[str, int] = {}

    @contextlib.contextmanager
    def reading(
        self, max_age: float | None = None, deadline: float = DEADLINE
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection that reads; see `celltrail.store.Store.reading`."""
        is_writable = os.access(self._folder, os.W_OK)
        if is_writable and not self._is_fresh(max_age):
            self._fold_or_warn(deadline)
        with contextlib.ExitStack() as stack:
            connection = self._enter(stack, deadline)
            if not is_current(connection):
                # An older schema; what is attached for reading cannot be changed.
                stack.close()
                self.fold(deadline)
                connection = self._enter(stack, deadline)
            if not is_writable:
                self._warn_of_unfolded(connection)
            yield connection

    @contextlib.contextmanager
    def writing(
        self, deadline: float = DEADLINE
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection in a transaction; see `celltrail.store.Store.writing`."""
        with (
            explained("the database", self._folder),
            self._alone(deadline) as connection,
        ):
            self._fold(connection)
            connection.begin()
            yield connection
            connection.commit()

    def fold(self, deadline: float = DEADLINE) -> None:
        """Move what the journals hold into the database."""
        with self._alone(deadline) as connection:
            self._fold(connection)

    def _is_fresh(self, max_age: float | None) -> bool:
        """Whether nothing happened since the last fold, or that is young enough."""
        if not self._file.exists():
            return False
        if max_age is not None:
            with contextlib.suppress(OSError):
                # Below zero when the clock was set back: the age is not known.
                return 0 <= time.time() - self._lock.path.stat().st_mtime < max_age
        asked = sizes(self._journals)
        return self._has_passed(asked) and not dead_sessions(self._journals)

    def _has_passed(self, asked: dict[str, int]) -> bool:
        """Whether all that was asked for is known to be folded."""
        return all(self._folded.get(name, -1) >= asked[name] for name in asked)

    def _fold_or_warn(self, deadline: float) -> None:
        asked = sizes(self._journals)
        try:
            with self._alone(deadline) as connection:
                # Another process's fold may have taken it all while this one waited.
                self._folded = folded_offsets(connection)
                if not self._has_passed(asked) or dead_sessions(self._journals):
                    self._fold(connection)
        except (StoreBusyError, OSError) as error:
            if not self._file.exists():
                raise
            warnings.warn(f"What follows may be out of date. {error}", stacklevel=6)

    def _fold(self, connection: duckdb.DuckDBPyConnection) -> None:
        report = fold(connection, self._journals, self._folder / "tmp" / "fold")
        self._folded = report.offsets

    def _warn_of_unfolded(self, connection: duckdb.DuckDBPyConnection) -> None:
        folded = folded_offsets(connection)
        missing = sum(
            size - folded.get(name, 0) for name, size in sizes(self._journals).items()
        )
        if missing:
            message = (
                f"The store {str(self._folder)!r} is read-only: {missing:,} bytes of "
                "its journals are not folded, so the newest events are not shown."
            )
            warnings.warn(message, stacklevel=5)

    @contextlib.contextmanager
    def _alone(self, deadline: float) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock.hold(shared=False, deadline=deadline):
            if not self._file.exists():
                self._make_file()
            with self._attached(read_only=False) as connection:
                migrate(connection)
                yield connection

    def _make_file(self) -> None:
        """Make the database under another name: a full disk leaves no half of one."""
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        try:
            with attached(new, read_only=False, deadline=DEADLINE) as connection:
                migrate(connection)
            new.replace(self._file)
        except duckdb.Error as error:
            message = (
                f"The database {str(self._file)!r} could not be made: {error} What was "
                "logged is kept in the journals."
            )
            raise StoreError(message) from error
        finally:
            new.unlink(missing_ok=True)
            new.with_suffix(".new.wal").unlink(missing_ok=True)

    def _enter(
        self, stack: contextlib.ExitStack, deadline: float
    ) -> duckdb.DuckDBPyConnection:
        """Attach the database for reading, beside other readers.

        DuckDB refuses to read what is being written, so a lock that cannot be had is
        a courtesy forgone, not a danger.
        """
        with contextlib.suppress(StoreBusyError, OSError):
            stack.enter_context(self._lock.hold(shared=True, deadline=deadline))
        return stack.enter_context(self._attached(read_only=True))

    def _attached(
        self, *, read_only: bool
    ) -> contextlib.AbstractContextManager[duckdb.DuckDBPyConnection]:
        return attached(self._file, read_only=read_only, deadline=DEADLINE)
