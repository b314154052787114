"""The append-only file in which one process writes its events.

A journal is a chain of segments ``<session>-<number>.jsonl`` beside the session's lock
file, which the process holds as long as it lives: that is how a reader knows the dead.
Each event is one unbuffered write of one line, so it survives the death of the process
from the moment the call returns.
"""

from __future__ import annotations

import atexit
import errno
import os
import threading
from typing import TYPE_CHECKING

from celltrail.errors import StoreError
from celltrail.store.disk import cannot_write
from celltrail.store.ids import new_id
from celltrail.store.locks import hold_forever

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["SEGMENT_BYTES", "Journal"]

SEGMENT_BYTES = 16 * 2**20
_SYNC_AFTER = 0.5
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)

on_failure: Callable[[StoreError], None] | None = None
"""Told of what could not be written where that must stop nobody: in notebooks."""


class Journal:
    """The journal of this process in one store.

    Nothing is created before the first event.

    Parameters
    ----------
    folder
        Where the segments lie.
    greeting
        Makes the line that opens the first segment.
    on_full
        Called, in the logging thread, after a segment was closed.
    """

    def __init__(
        self,
        folder: Path,
        greeting: Callable[[], bytes],
        on_full: Callable[[], None],
    ) -> None:
        self.folder = folder
        self.session_id = new_id()
        self._greeting = greeting
        self._on_full = on_full
        # Re-entrant: a signal handler may log while its own thread is logging.
        self._lock = threading.RLock()
        self._fd = -1
        self._room = 0
        self._torn = False
        self._segment = 0
        self._session_lock = -1
        self._unsynced: threading.Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether this process has written an event."""
        return self._fd >= 0

    def append(
        self, line: bytes, write: Callable[[int, bytes], int] = os.write
    ) -> None:
        """Write one line; when this returns, no kill can lose it.

        Raises
        ------
        StoreError
            When the disk is full or the folder cannot be written, unless `on_failure`
            is set: that is told instead.
        """
        try:
            with self._lock:
                size = len(line)
                self._room -= size
                if self._room < 0 or self._torn:
                    self._prepare(size)
                try:
                    if write(self._fd, line) == size:
                        return
                except OSError as error:
                    raise _cannot_write(self.folder, error) from error
                self._torn = True
            raise _cannot_write(self.folder, OSError(errno.ENOSPC, "short write"))
        except StoreError as error:
            if on_failure is None:
                raise
            on_failure(error)

    def mark(self) -> tuple[int, int]:
        """Return where the journal ends now, for `since`."""
        with self._lock:
            return self._segment, os.fstat(self._fd).st_size if self._fd >= 0 else 0

    def since(self, mark: tuple[int, int], most: int) -> bytes | None:
        """Return the lines written since a mark.

        None when they are more than `most` bytes, or not all in one segment.
        """
        segment, start = mark
        with self._lock:
            end = os.fstat(self._fd).st_size if self._fd >= 0 else 0
            if self._segment != max(segment, 1) or end - start > most:
                return None
            path = self._path()
        with path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def sync_soon(self) -> None:
        """Have the journal on the disk within a second, without waiting for it."""
        if self._unsynced is None:
            self._unsynced = threading.Timer(_SYNC_AFTER, self.sync)
            self._unsynced.daemon = True
            self._unsynced.start()
            atexit.register(self.sync)

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        atexit.unregister(self.sync)
        timer, self._unsynced = self._unsynced, None
        if timer is not None and timer is not threading.current_thread():
            timer.cancel()
            # At exit, no thread may outlive the modules it uses.
            timer.join()
        with self._lock:
            if self._fd < 0:
                return
            # A duplicate lets others log while the disk works.
            copy = os.dup(self._fd)
        try:
            os.fsync(copy)
        finally:
            os.close(copy)

    def close(self) -> None:
        """Release the session, as the end of the process does."""
        self.sync()
        with self._lock:
            self.abandon()
            self.session_id = new_id()
            self._segment = self._room = 0
            self._fd = self._session_lock = -1

    def renew(self) -> bool:
        """Begin another session if someone removed this one's files; return whether.

        What is written to a removed file would be lost without a word.
        """
        with self._lock:
            is_gone = self._fd >= 0 and os.fstat(self._fd).st_nlink == 0
            if is_gone:
                self.close()
        return is_gone

    def abandon(self) -> None:
        """Close the handles; in a forked child, those inherited from the parent.

        Closing (not unlocking) is what matters there: the lock belongs to the open file
        that parent and child share, and a copy would keep a dead parent alive.
        """
        for handle in (self._fd, self._session_lock):
            if handle >= 0:
                os.close(handle)

    def _prepare(self, size: int) -> None:
        """Make room for `size` bytes and end a torn line; the lock is held."""
        try:
            if self._room < 0:
                self._next_segment()
                self._room -= size
            if self._torn:
                os.write(self._fd, b"\n")
                self._torn = False
        except OSError as error:
            raise _cannot_write(self.folder, error) from error

    def _path(self) -> Path:
        return self.folder / f"{self.session_id}-{self._segment:06}.jsonl"

    def _next_segment(self) -> None:
        if self._session_lock < 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._session_lock = hold_forever(self.folder / f"{self.session_id}.lock")
        self._segment += 1
        path = self._path()
        previous, self._fd = self._fd, os.open(path, _FLAGS, 0o600)
        self._room, self._torn = SEGMENT_BYTES, False
        if previous >= 0:
            os.close(previous)
            self._on_full()
        else:
            greeting = self._greeting()
            self._torn = os.write(self._fd, greeting) != len(greeting)


def _cannot_write(folder: Path, error: OSError) -> StoreError:
    return cannot_write("its journal", folder, error)
