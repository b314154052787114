"""What the journals hold past the fold, read without changing anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.store.segments import Segment

__all__ = ["Unfolded", "read_unfolded"]

_KINDS = frozenset("sempgvcaibol")
_SHOWN = 120


@dataclass
class Unfolded:
    """The unfolded part of one session's journal.

    Attributes
    ----------
    size, events
        Bytes, and the lines that will be folded.
    unreadable
        The lines that will be put into quarantine, cut short.
    torn
        Bytes after the last end of a line that will never be completed.
    missing
        Bytes that were folded and are no longer in the file.
    started, ended
        Ids of the runs that begin and end here.
    digests
        Artifact contents that are referred to.
    """

    size: int = 0
    events: int = 0
    unreadable: list[str] = field(default_factory=list)
    torn: int = 0
    missing: int = 0
    started: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)


def read_unfolded(
    segments: list[Segment], folded: Mapping[str, int]
) -> dict[str, Unfolded]:
    """Return what lies past the folded offsets, by session."""
    found: dict[str, Unfolded] = {}
    for segment in segments:
        session = found.setdefault(segment.session_id, Unfolded())
        start = folded.get(segment.name, 0)
        if segment.size < start:
            session.missing += start - segment.size
        elif segment.size > start:
            session.size += segment.size - start
            _read(session, segment, start)
    return found


def _read(session: Unfolded, segment: Segment, start: int) -> None:
    left = segment.size - start
    with segment.path.open("rb") as file:
        file.seek(start)
        for line in file:
            left -= len(line)
            if left < 0:
                break
            if line.endswith(b"\n"):
                _judge(session, line)
            elif segment.is_final:
                session.torn += len(line)


def _judge(session: Unfolded, line: bytes) -> None:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if not isinstance(event, dict) or event.get("e") not in _KINDS:
        session.unreadable.append(line[:_SHOWN].decode(errors="replace").rstrip())
        return
    session.events += 1
    kind, run, text = event["e"], str(event.get("r")), str(event.get("x"))
    if kind == "s" or (kind == "e" and text == "RUNNING"):
        session.started.add(run)
        session.ended.discard(run)
    elif kind == "e":
        session.ended.add(run)
    elif kind == "a":
        session.digests.add(text)
