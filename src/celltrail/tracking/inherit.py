"""What a process tells its workers: its store, its experiment and its open run.

Workers are started once and reused (joblib keeps them for minutes), so an environment
variable with the run's id would go stale. The variable ``CELLTRAIL_PARENT`` names a
small file instead, which this process rewrites whenever its open run changes, and which
a worker reads each time it logs without a run of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
import tempfile
import threading
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Facts", "parent_facts", "publish"]

VARIABLE = "CELLTRAIL_PARENT"
_SIZE = 1024
_MOST = 2**16
_TRIES = 5


_Values = dict[str, str | bool | list[str] | None]


class Facts(TypedDict, total=False):
    """What a worker inherits; None where there is nothing to inherit."""

    store: str | None
    experiment_store: str | None
    experiment_id: str | None
    run_id: str | None
    run_store: str | None
    run_experiment_id: str | None
    in_cell: bool
    open: list[str]


def publish(**changes: str | bool | list[str] | None) -> None:
    """Tell the workers of this process what has changed."""
    _own.publish(changes)


def parent_facts() -> Facts | None:
    """Return what the process that started this one says now; None without one."""
    return _parent.read() if _parent is not None else None


class _Notice:
    """The file this process writes; made with the first fact to tell."""

    def __init__(self) -> None:
        name = f"celltrail-{os.getpid()}-{os.urandom(8).hex()}.json"
        self.path = Path(tempfile.gettempdir(), name)
        self._facts: _Values = {}
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._is_over = False

    def publish(self, changes: _Values) -> None:
        with self._lock:
            if self._is_over:
                return
            self._facts.update(changes)
            os.environ[VARIABLE] = str(self.path)
            # A worker can do without; the run itself must not fail for it.
            with contextlib.suppress(OSError):
                if self._file is None:
                    descriptor = os.open(
                        self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600
                    )
                    self._file = os.fdopen(descriptor, "wb", buffering=0)
                    _at_exit(self.remove, os.getpid())
                self._file.seek(0)
                self._file.write(_packed(self._facts))

    def remove(self, pid: int) -> None:
        if os.getpid() == pid and self._file is not None:
            self._is_over = True
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self.path.unlink()

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()


class _ParentNotice:
    """The file of the process that started this one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._seen = b""
        self._facts: Facts | None = None

    def read(self) -> Facts | None:
        with self._lock:
            try:
                for _ in range(_TRIES):
                    if self._refresh():
                        return self._facts
            except OSError:
                return None
            return self._facts

    def _refresh(self) -> bool:
        """Read the file again; False when a write was under way."""
        if self._file is None:
            self._file = self._path.open("rb", buffering=0)
            _at_exit(self._file.close)
        self._file.seek(0)
        content = self._file.read(_MOST).partition(b"\n")[0]
        if content != self._seen:
            facts = _unpacked(content)
            if facts is None:
                return False
            self._seen, self._facts = content, facts
        return True


def _at_exit(function: Callable[..., None], *arguments: object) -> None:
    """Have a function called at the end of this process, also if it is a worker."""
    atexit.register(function, *arguments)
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        # Its processes end without calling what is registered with atexit.
        multiprocessing.Finalize(None, function, arguments, exitpriority=0)


def _packed(facts: _Values) -> bytes:
    payload = json.dumps(facts).encode()
    return (b"%08x" % zlib.crc32(payload) + payload).ljust(_SIZE) + b"\n"


def _unpacked(content: bytes) -> Facts | None:
    payload = content[8:].rstrip()
    if content[:8] != b"%08x" % zlib.crc32(payload):
        return None
    facts: Facts = json.loads(payload)
    return facts


def _after_fork() -> None:
    """Make a forked child a worker of the process it came from."""
    global _own, _parent  # noqa: PLW0603 (a process has one of each)
    _own.abandon()
    _parent = _ParentNotice(_own.path)
    _own = _Notice()


_inherited = os.environ.get(VARIABLE)
_parent = _ParentNotice(Path(_inherited)) if _inherited else None
_own = _Notice()
# Workers may be started before there is anything to tell them.
os.environ[VARIABLE] = str(_own.path)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
