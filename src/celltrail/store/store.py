"""A store: the folder with its journals, database and artifact files."""

from __future__ import annotations

import atexit
import logging
import os
import platform
import socket
import sys
import threading
from typing import TYPE_CHECKING

from celltrail.environment import user_name
from celltrail.errors import NotFoundError, StoreError
from celltrail.store import events
from celltrail.store.journal import Journal
from celltrail.store.location import DATABASE, store_path

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import duckdb

    from celltrail.store.artifacts import ArtifactFiles
    from celltrail.store.database import Database

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
        self._database: Database | None = None
        self._artifacts: ArtifactFiles | None = None
        self._folding = threading.Lock()
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

    @property
    def database(self) -> Path:
        """The DuckDB file, which only DuckDB may open."""
        return self.path / DATABASE

    def reading(
        self, max_age: float | None = None, deadline: float = DEADLINE
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Return a block with a connection on which the store's tables can be read.

        Every write that had finished before the call is seen, by whichever process.

        Parameters
        ----------
        max_age
            Seconds; a fold not older than that is fresh enough.
        deadline
            Seconds to wait for other processes; past it the answer may be stale, and
            a warning says so.
        """
        return self._open_database().reading(max_age, deadline)

    def writing(
        self, deadline: float = DEADLINE
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Return a block with a connection in a transaction that none overlaps.

        The journals are folded first. The transaction is committed when the block
        ends, and undone when it raises.
        """
        return self._open_database().writing(deadline)

    def fold(self, deadline: float = DEADLINE) -> None:
        """Move what the journals hold into the database."""
        self._open_database().fold(deadline)

    def close(self) -> None:
        """End this process's session, and wait for a fold that is under way.

        The next event begins another session.
        """
        self.journal.close()
        with self._folding:
            pass

    def after_fork(self) -> None:
        """Begin a session of its own in a forked child."""
        atexit.unregister(self.journal.sync)
        self.journal.abandon()
        self._folding = threading.Lock()
        self.journal = self._new_journal()

    def _open_database(self) -> Database:
        # The folder may have been removed since.
        folder = self._make_folder()
        if self._database is None:
            from celltrail.store.database import Database

            self._database = Database(folder)
        return self._database

    def _new_journal(self) -> Journal:
        return Journal(self.journals, self._greeting, self._fold_behind)

    def _greeting(self) -> bytes:
        self._make_folder()
        return events.session(
            {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "user": user_name(),
                "python": platform.python_version(),
                "platform": sys.platform,
                "source": sys.argv[0] if sys.argv else "",
            }
        )

    def _make_folder(self) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        ignore = self.path / ".gitignore"
        if os.access(self.path, os.W_OK) and not ignore.exists():
            ignore.write_text("*\n")
        return self.path

    def _fold_behind(self) -> None:
        """Fold in a thread of its own; the interpreter waits for it at its end.

        One at a time: what is written meanwhile is left to the next.
        """
        folding = self._folding
        if not folding.acquire(blocking=False):
            return

        def work() -> None:
            try:
                self.fold()
            except (StoreError, OSError) as error:
                logger.warning("A fold was put off: %s", error)
            finally:
                folding.release()

        threading.Thread(target=work, name="celltrail-fold").start()


def _after_fork() -> None:
    global _opening  # noqa: PLW0603 (a lock may have been held by a thread that is gone)
    _opening = threading.Lock()
    for store in _stores.values():
        store.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
