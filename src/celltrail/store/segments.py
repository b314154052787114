"""What lies in the journal folder: sessions, whether they live, and their segments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from celltrail.store.locks import is_held, remove_unheld

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Segment", "dead_sessions", "scan", "sizes", "sweep"]

_SEGMENT = re.compile(r"([0-9a-f]{32})-(\d{6})\.jsonl")
_LOCK = re.compile(r"([0-9a-f]{32})\.lock")


@dataclass(frozen=True)
class Segment:
    """One file of a session's journal.

    Attributes
    ----------
    size
        In bytes, read after it was known whether the session lives.
    is_final
        Whether nothing more can be written: its session is dead, or went on to a
        later segment.
    modified
        Time of the last write, in nanoseconds since 1970.
    """

    path: Path
    session_id: str
    size: int
    is_final: bool
    modified: int

    @property
    def name(self) -> str:
        """The file's name, never used again."""
        return self.path.name


def sizes(folder: Path) -> dict[str, int]:
    """Return the size in bytes of every segment, by name."""
    return {path.name: size for path in _segment_paths(folder) if (size := _size(path))}


def dead_sessions(folder: Path) -> set[str]:
    """Return the ids of sessions that left segments here and live no more.

    A lock without a segment may belong to a session about to begin: it makes its lock
    file, then holds it, and only then makes its first segment.
    """
    sessions = {_session(path) for path in _segment_paths(folder)}
    return {name for name in sessions if not is_held(folder / f"{name}.lock")}


def scan(folder: Path) -> tuple[list[Segment], set[str]]:
    """Return all segments, oldest first, and the ids of dead sessions.

    Whether a session lives is asked *before* the sizes are read: a dead one can then
    have written nothing in between.
    """
    dead = dead_sessions(folder)
    paths = _segment_paths(folder)
    last = {_session(path): path for path in paths}
    segments = [
        Segment(
            path=path,
            session_id=_session(path),
            size=_size(path),
            is_final=_session(path) in dead or last[_session(path)] != path,
            modified=path.stat().st_mtime_ns,
        )
        for path in paths
    ]
    return segments, dead


def sweep(folder: Path, segments: list[Segment]) -> None:
    """Delete folded final segments, and the locks of dead sessions without any left."""
    for segment in segments:
        segment.path.unlink(missing_ok=True)
    left = {_session(path) for path in _segment_paths(folder)}
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        lock = _LOCK.fullmatch(path.name)
        if lock and lock[1] not in left:
            remove_unheld(path)


def _segment_paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _SEGMENT.fullmatch(path.name))


def _session(path: Path) -> str:
    return path.name.partition("-")[0]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
