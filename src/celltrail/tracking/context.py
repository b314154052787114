"""Facts about the environment of a run: git, Python, packages, host.

They are read in a background thread and follow the run into its journal; nobody waits
for them, except the end of the process, briefly.
"""

from __future__ import annotations

import atexit
import logging
import os
import platform
import queue
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from celltrail.errors import CelltrailError
from celltrail.masking import mask_text
from celltrail.store import events

if TYPE_CHECKING:
    from celltrail.store import Store
    from celltrail.tracking.active import LiveRun

__all__ = ["describe", "flush"]

logger = logging.getLogger(__name__)

_FRESH = 2.0
_MOMENT = 0.03
_AT_EXIT = 2.0
_MAX_DIFF = 2**20
_TIMEOUT = 10.0


def describe(run: LiveRun) -> None:
    """Have the environment of `run` recorded, without waiting for it."""
    _reader.put(run.store, run.run_id, os.getcwd())  # noqa: PTH109 (a text, and fast)


def flush(timeout: float = _AT_EXIT) -> bool:
    """Wait until what was asked for is recorded; return whether it is."""
    return _reader.flush(timeout)


class _Reader:
    """Reads facts for the runs that are put to it, one git state for many."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Store, str, str] | None] = (
            queue.SimpleQueue()
        )
        self._idle = threading.Condition()
        self._in_a_hurry = threading.Event()
        self._pending = 0
        self._thread: threading.Thread | None = None
        self._git: dict[str, tuple[float, dict[str, str], str]] = {}
        self._written: set[tuple[str, str]] = set()

    def put(self, store: Store, run_id: str, folder: str) -> None:
        with self._idle:
            self._pending += 1
            if self._thread is None:
                name = "celltrail-context"
                self._thread = threading.Thread(target=self._work, name=name)
                self._thread.daemon = True
                self._thread.start()
                atexit.register(self.stop)
        self._waiting.put((store, run_id, folder))

    def stop(self) -> None:
        """Finish and end the thread, which must not outlive the modules it uses."""
        self.flush(_AT_EXIT)
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(_AT_EXIT)

    def flush(self, timeout: float) -> bool:
        self._in_a_hurry.set()
        with self._idle:
            is_done = self._idle.wait_for(lambda: self._pending == 0, timeout)
        self._in_a_hurry.clear()
        return is_done

    def _work(self) -> None:
        while (work := self._next()) is not None:
            try:
                self._record(*work)
            except (CelltrailError, OSError) as error:
                logger.warning("The environment of a run was not recorded: %s", error)
            finally:
                with self._idle:
                    self._pending -= 1
                    self._idle.notify_all()

    def _next(self) -> tuple[Store, str, str] | None:
        """Wait for work, and a moment more: a cell may be over in that time."""
        if self._waiting.empty():
            work = self._waiting.get()
            if work is not None:
                self._in_a_hurry.wait(_MOMENT)
            return work
        return self._waiting.get()

    def _record(self, store: Store, run_id: str, folder: str) -> None:
        lines: list[bytes] = []
        facts = {
            "python": platform.python_version(),
            "platform": _platform(),
            "host": socket.gethostname(),
        }
        git, diff = self._git_of(folder)
        facts.update(git)
        for key, text in (("packages", _packages(tuple(sys.path))), ("git.diff", diff)):
            if text:
                facts[key], line = events.text_blob(text)
                lines += self._once(store, facts[key], line)
        lines += [
            events.text(events.CONTEXT, run_id, key, value)
            for key, value in facts.items()
        ]
        lines += [
            events.text(events.TAG, run_id, f"mlflow.source.{key}", git[key])
            for key in ("git.commit", "git.branch")
            if key in git
        ]
        store.journal.append(b"".join(lines))

    def _once(self, store: Store, digest: str, line: bytes) -> list[bytes]:
        """Return the line unless this session has written it already."""
        place = (store.session_id, digest)
        if place in self._written:
            return []
        self._written.add(place)
        return [line]

    def _git_of(self, folder: str) -> tuple[dict[str, str], str]:
        """Return the state of the repository; one just read serves for more runs."""
        time, facts, diff = self._git.get(folder, (-_FRESH, {}, ""))
        if monotonic() - time > _FRESH:
            facts, diff = _read_git(folder)
            self._git[folder] = (monotonic(), facts, diff)
        return facts, diff


def _read_git(folder: str) -> tuple[dict[str, str], str]:
    """Return commit, branch and dirtiness of a folder's repository, and its diff."""
    if not any(
        (place / ".git").exists() for place in (Path(folder), *Path(folder).parents)
    ):
        return {}, ""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}, ""
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    diff = _git(folder, "diff", "--no-ext-diff", "--no-color", "HEAD")
    facts = {
        "git.commit": commit.strip(),
        "git.branch": branch.strip(),
        "git.dirty": "true" if diff else "false",
    }
    if len(diff) > _MAX_DIFF:
        diff = diff[:_MAX_DIFF] + "\n[the rest of the diff is left out]\n"
    return facts, mask_text(diff)


def _git(folder: str, *arguments: str) -> str:
    """Return what git prints, or nothing when it is missing, slow or unhappy."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments)
            ["git", "-C", folder, *arguments],  # noqa: S607 (the user's git)
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


@cache
def _platform() -> str:
    return platform.platform(terse=True)


@cache
def _packages(places: tuple[str, ...]) -> str:
    """Return the installed packages, one ``name==version`` a line.

    Read from the names of their metadata folders: a hundred times faster than
    `importlib.metadata`, which opens each.
    """
    found: dict[str, str] = {}
    for place in places:
        try:
            with os.scandir(place) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            continue
        for name in names:
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 (a name, not a path)
            if suffix in {".dist-info", ".egg-info"} and "-" in stem:
                package, version = stem.split("-")[:2]
                key = package.replace("_", "-").lower()
                found.setdefault(key, f"{key}=={version}")
    return "\n".join(found[key] for key in sorted(found))


def _after_fork() -> None:
    """Begin anew in a forked child, where the thread does not run."""
    global _reader  # noqa: PLW0603 (a process has one)
    _reader = _Reader()


_reader = _Reader()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
