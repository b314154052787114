"""File locks between processes, through portalocker on every platform.

A lock belongs to an open handle and dies with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from typing import TYPE_CHECKING

import portalocker

from celltrail.errors import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FileLock", "hold_forever", "is_held", "remove_unheld"]

_PAUSE = 0.003
_FOREVER_DEADLINE = 10.0
_CREATE = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
_handles: set[int] = set()


class FileLock:
    """A lock that readers share and a writer holds alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def hold(self, *, shared: bool, deadline: float) -> Iterator[None]:
        """Hold the lock; raise StoreBusyError after `deadline` seconds of waiting.

        Parameters
        ----------
        shared
            Whether other shared holders are let in.
        deadline
            Seconds to wait.
        """
        flags = portalocker.LOCK_SH if shared else portalocker.LOCK_EX
        end = time.monotonic() + deadline
        handle = _open(self.path)
        try:
            while not _try_lock(handle, flags):
                if time.monotonic() >= end:
                    raise StoreBusyError(self._busy(handle, deadline))
                # A random pause keeps a crowd of waiters from marching in step.
                time.sleep(_PAUSE * (0.5 + random.random()))  # noqa: S311
            if not shared:
                _sign(handle)
            yield
        finally:
            _close(handle)

    def _busy(self, handle: int, deadline: float) -> str:
        os.lseek(handle, 0, os.SEEK_SET)
        holder = os.read(handle, 20).decode("ascii", "replace").strip() or "unknown"
        return (
            f"The store {str(self.path.parent)!r} was busy for {deadline:g} s; the "
            f"last process to change it was {holder}. Try again, or look at that one."
        )


def hold_forever(path: Path) -> int:
    """Return an open descriptor that holds `path` alone until the process ends.

    Others may try the lock for a moment, or sweep the file away before it is locked:
    then it is made again. A forked child must close its copy, which would keep a dead
    parent's lock.
    """
    end = time.monotonic() + _FOREVER_DEADLINE
    while True:
        handle = os.open(path, _CREATE, 0o600)
        if _try_lock(handle, portalocker.LOCK_EX) and _is_linked(handle, path):
            return handle
        os.close(handle)
        if time.monotonic() >= end:
            message = f"The lock file {str(path)!r} is held by another process."
            raise StoreBusyError(message)
        time.sleep(_PAUSE * random.random())  # noqa: S311


def is_held(path: Path) -> bool:
    """Return whether a living process holds `path` (False when it is missing)."""
    try:
        handle = _open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(handle, portalocker.LOCK_EX)
    finally:
        _close(handle)


def remove_unheld(path: Path) -> None:
    """Delete a lock file, unless someone holds it.

    It is held meanwhile: who opened it before, to hold it, then sees that it is gone.
    """
    try:
        handle = _open(path, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        is_free = _try_lock(handle, portalocker.LOCK_EX)
        if is_free and os.name != "nt":
            path.unlink(missing_ok=True)
    finally:
        _close(handle)
    if is_free and os.name == "nt":
        # Windows refuses to delete a file that anybody has open.
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)


def _open(path: Path, flags: int = _CREATE) -> int:
    handle = os.open(path, flags, 0o600)
    _handles.add(handle)
    return handle


def _close(handle: int) -> None:
    if handle in _handles:
        _handles.remove(handle)
        os.close(handle)


def _sign(handle: int) -> None:
    """Note the holder's pid in the lock file, for the error of those who wait."""
    with contextlib.suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"{os.getpid():<20}".encode())


def _try_lock(handle: int, flags: portalocker.LockFlags) -> bool:
    try:
        portalocker.lock(handle, flags | portalocker.LOCK_NB)
    except portalocker.AlreadyLocked:
        return False
    return True


def _is_linked(handle: int, path: Path) -> bool:
    """Whether the locked file is still the one under its name (not swept away)."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _after_fork() -> None:
    """Close what another thread of the parent holds, which a child would hold on to."""
    while _handles:
        _close(next(iter(_handles)))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
