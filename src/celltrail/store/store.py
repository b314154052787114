"""A store: the folder with its journals, database and artifact files."""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
import platform
import socket
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from celltrail.errors import NotFoundError, StoreBusyError, StoreError
from celltrail.store import events
from celltrail.store.journal import Journal
from celltrail.store.location import DATABASE, store_path
from celltrail.store.locks import FileLock
from celltrail.store.segments import dead_sessions, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from celltrail.store.artifacts import ArtifactFiles

__all__ = ["Store", "open_store"]

logger = logging.getLogger(__name__)

DEADLINE = 10.0
_stores: dict[Path, Store] = {}
_opening = threading.Lock()


def open_store(uri: str | Path | None = None, *, create: bool = True) -> Store:
    """Return the store that a path or URI names; the same object each time.

    Parameters
    ----------
    uri
        See `celltrail.store.location.store_path`; None finds the nearest store.
    create
        Whether a missing store is made (at the first write).

    Raises
    ------
    NotFoundError
        When there is none and `create` is False.
    """
    path = store_path(uri)
    if not create and not path.is_dir():
        message = (
            f"There is no store at {str(path)!r}. Name one with --store, or run a "
            "tracked cell first."
        )
        raise NotFoundError(message)
    with _opening:
        if path not in _stores:
            _stores[path] = Store(path)
        return _stores[path]


class Store:
    """One store, as this process sees it.

    Facts of runs go to `journal`; decisions go through `writing`; questions through
    `reading`. Nothing is created before the first write.

    Parameters
    ----------
    path
        The ``.celltrail`` folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / DATABASE
        self._lock = FileLock(path / "fold.lock")
        self._folded: dict[str, int] = {}
        self._artifacts: ArtifactFiles | None = None
        self.journal = self._new_journal()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def uri(self) -> str:
        """The store's folder as a URI."""
        return self.path.as_uri()

    @property
    def session_id(self) -> str:
        """The id of this process's session in the store."""
        return self.journal.session_id

    @property
    def journals(self) -> Path:
        """The folder of the journals."""
        return self.path / "journal"

    @property
    def artifacts(self) -> ArtifactFiles:
        """The content-addressed files."""
        if self._artifacts is None:
            from celltrail.store.artifacts import ArtifactFiles

            self._artifacts = ArtifactFiles(str(self.path / "artifacts"))
        return self._artifacts

    @contextlib.contextmanager
    def reading(
        self, max_age: float | None = None, deadline: float = DEADLINE
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection on which the store's tables can be read.

        Every write that had finished before the call is seen, by whichever process.

        Parameters
        ----------
        max_age
            Seconds; a fold not older than that is fresh enough.
        deadline
            Seconds to wait for other processes; past it the answer may be stale, and
            a warning says so.
        """
        if not self._is_fresh(max_age):
            self._fold_or_warn(deadline)
        with self._shared_lock(deadline), self._attached(read_only=True) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(
        self, deadline: float = DEADLINE
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection inside one transaction that no other process overlaps.

        The journals are folded first. The transaction is committed when the block
        ends, and undone when it raises.
        """
        with self._alone(deadline) as connection:
            self._fold(connection)
            connection.begin()
            yield connection
            connection.commit()

    def fold(self, deadline: float = DEADLINE) -> None:
        """Move what the journals hold into the database."""
        with self._alone(deadline) as connection:
            self._fold(connection)

    def close(self) -> None:
        """End this process's session; the next event begins another."""
        self.journal.close()

    def after_fork(self) -> None:
        """Begin a session of its own in a forked child."""
        self.journal.abandon()
        self.journal = self._new_journal()

    def _new_journal(self) -> Journal:
        return Journal(self.journals, self._greeting, self._fold_behind)

    def _greeting(self) -> bytes:
        self._make_folder()
        return events.session(
            {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "user": getpass.getuser(),
                "python": platform.python_version(),
                "platform": sys.platform,
                "source": sys.argv[0] if sys.argv else "",
            }
        )

    def _make_folder(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def _is_fresh(self, max_age: float | None) -> bool:
        """Whether nothing happened since the last fold, or that is young enough."""
        if not self.database.exists():
            return False
        if max_age is not None:
            with contextlib.suppress(OSError):
                return time.time() - self._lock.path.stat().st_mtime < max_age
        asked = sizes(self.journals)
        is_folded = all(self._folded.get(name, -1) >= asked[name] for name in asked)
        return is_folded and not dead_sessions(self.journals)

    def _fold_or_warn(self, deadline: float) -> None:
        asked = sizes(self.journals)
        try:
            with self._alone(deadline) as connection:
                if not self._passed(connection, asked):
                    self._fold(connection)
        except (StoreBusyError, PermissionError, OSError) as error:
            if not self.database.exists():
                raise
            warnings.warn(f"What follows may be out of date. {error}", stacklevel=4)

    def _passed(
        self, connection: duckdb.DuckDBPyConnection, asked: dict[str, int]
    ) -> bool:
        """Whether another process's fold has meanwhile taken all that was asked for."""
        from celltrail.store.fold import folded_offsets

        self._folded = folded_offsets(connection)
        is_folded = all(self._folded.get(name, 0) >= asked[name] for name in asked)
        return is_folded and not dead_sessions(self.journals)

    def _fold(self, connection: duckdb.DuckDBPyConnection) -> None:
        from celltrail.store.fold import fold

        report = fold(connection, self.journals, self.path / "tmp" / "fold")
        self._folded = report.offsets

    def _fold_behind(self) -> None:
        """Fold in a thread of its own; the interpreter waits for it at its end."""

        def work() -> None:
            try:
                self.fold()
            except (StoreError, OSError) as error:
                logger.warning("A fold was put off: %s", error)

        threading.Thread(target=work, name="celltrail-fold").start()

    @contextlib.contextmanager
    def _alone(self, deadline: float) -> Iterator[duckdb.DuckDBPyConnection]:
        from celltrail.store.schema import migrate

        self._make_folder()
        with (
            self._lock.hold(shared=False, deadline=deadline),
            self._attached(read_only=False) as connection,
        ):
            migrate(connection)
            yield connection

    @contextlib.contextmanager
    def _shared_lock(self, deadline: float) -> Iterator[None]:
        if not os.access(self.path, os.W_OK):
            yield
            return
        with self._lock.hold(shared=True, deadline=deadline):
            yield

    @contextlib.contextmanager
    def _attached(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        from celltrail.store.connection import attached

        with attached(
            self.database, read_only=read_only, deadline=DEADLINE
        ) as connection:
            yield connection


def _after_fork() -> None:
    global _opening  # noqa: PLW0603 (a lock may have been held by a thread that is gone)
    _opening = threading.Lock()
    for store in _stores.values():
        store.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
