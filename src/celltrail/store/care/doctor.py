"""Examining a store without changing it, and mending what can safely be mended.

Looking never folds: what the journals hold is read beside the database, and the
findings say what a fold will make of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import StoreBusyError, StoreError
from celltrail.store.care import checks
from celltrail.store.care.findings import Finding, bytes_text, counted, some
from celltrail.store.care.unfolded import read_unfolded
from celltrail.store.connection import attached
from celltrail.store.location import DATABASE
from celltrail.store.locks import FileLock
from celltrail.store.schema import is_current
from celltrail.store.segments import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celltrail.store.care.unfolded import Unfolded
    from celltrail.store.segments import Segment
    from celltrail.store.store import Store

__all__ = ["examine"]

_PATIENCE = 2.0


@dataclass
class _Look:
    """What is known of the store while it is examined."""

    store: Store
    segments: list[Segment]
    dead: set[str]
    deep: bool
    folded: dict[str, int] = field(default_factory=dict)
    unfolded: dict[str, Unfolded] = field(default_factory=dict)


def examine(store: Store, *, deep: bool = False) -> list[Finding]:
    """Return what there is to say about a store, the gravest first.

    Nothing is changed, not even by a fold. A database that cannot be read is itself a
    finding.

    Parameters
    ----------
    deep
        Also read every artifact and compare it with its digest.
    """
    segments, dead = scan(store.path / "journal")
    look = _Look(store, segments, dead, deep)
    findings = [*_folder(look), *_lock(look), *_database(look)]
    look.unfolded = look.unfolded or read_unfolded(segments, look.folded)
    findings += [*_journals(look), *checks.leftovers(store)]
    return sorted(findings, key=lambda finding: not finding.is_problem)


def _folder(look: _Look) -> Iterator[Finding]:
    path = look.store.path
    if not os.access(path, os.W_OK):
        yield Finding(
            f"The folder {str(path)!r} cannot be written by you.",
            "Runs can be read, not logged. Set a store of your own with --store, or "
            "have the folder's permissions changed.",
        )


def _lock(look: _Look) -> Iterator[Finding]:
    lock = FileLock(look.store.path / "fold.lock")
    if not lock.path.exists() or not os.access(lock.path, os.W_OK):
        return
    try:
        with lock.hold(shared=True, deadline=_PATIENCE):
            pass
    except StoreBusyError as error:
        yield Finding(error.message, "If that process hangs, end it; nothing is lost.")


def _database(look: _Look) -> Iterator[Finding]:
    file = look.store.path / DATABASE
    if not file.exists():
        if look.segments:
            mend = "The next read makes it from the journals."
            yield Finding(f"There is no {DATABASE}.", mend, is_fixed_by_fold=True)
        return
    try:
        with attached(file, read_only=True, deadline=_PATIENCE) as connection:
            if not is_current(connection):
                mend = "The next read brings it up to date."
                yield Finding(
                    "The schema is older than this celltrail.",
                    mend,
                    is_problem=False,
                    is_fixed_by_fold=True,
                )
                return
            yield from _rows(look, connection)
    except StoreError as error:
        yield Finding(error.message, _about_the_file(error))
    except duckdb.Error as error:
        yield Finding(f"The database is damaged: {str(error).strip()}", _RESTORE)


_RESTORE = (
    "Move trail.duckdb away and put back that of a backup (celltrail backup); the "
    "journals hold what is not folded."
)


def _about_the_file(error: StoreError) -> str:
    if isinstance(error, StoreBusyError) or "pip install" in error.message:
        return ""
    return _RESTORE


def _rows(look: _Look, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    look.folded = checks.folded(connection)
    look.unfolded = read_unfolded(look.segments, look.folded)
    living = {segment.session_id for segment in look.segments}
    will_end = {run for one in look.unfolded.values() for run in one.ended}
    yield from checks.quarantine(connection)
    yield from checks.open_runs(connection, living, look.dead, will_end)
    yield from checks.lost_points(connection)
    yield from checks.lost_experiments(connection)
    logged = {digest for one in look.unfolded.values() for digest in one.digests}
    yield from checks.artifacts(look.store, connection, logged, deep=look.deep)


def _journals(look: _Look) -> Iterator[Finding]:
    found = look.unfolded.values()
    size, events = sum(one.size for one in found), sum(one.events for one in found)
    if size:
        yield Finding(
            f"{counted(events, 'event')} ({bytes_text(size)}) of "
            f"{counted(len(look.unfolded), 'session')} are not folded yet.",
            "The next read folds them.",
            is_problem=False,
            is_fixed_by_fold=True,
        )
    yield from _lines(look)
    if look.dead:
        runs = {
            run
            for session in look.dead & look.unfolded.keys()
            for run in look.unfolded[session].started - look.unfolded[session].ended
        }
        ends = f" {counted(len(runs), 'run')} of theirs will be KILLED." if runs else ""
        yield Finding(
            f"{counted(len(look.dead), 'session')} died without a fold.{ends}",
            "The next read takes up what they logged.",
            is_problem=False,
            is_fixed_by_fold=True,
        )


def _lines(look: _Look) -> Iterator[Finding]:
    """Yield what is wrong with lines that are not folded."""
    bad = [line for one in look.unfolded.values() for line in one.unreadable]
    if bad:
        yield Finding(
            f"{counted(len(bad), 'journal line')} cannot be read: {some(bad)}.",
            "The next read puts them into the table quarantine.",
            is_fixed_by_fold=True,
        )
    torn = sum(one.torn > 0 for one in look.unfolded.values())
    if torn:
        yield Finding(
            f"{counted(torn, 'dead session')} left a line half written; no call that "
            "returned is lost by it.",
            "The next read puts it into the table quarantine.",
            is_problem=False,
            is_fixed_by_fold=True,
        )
    missing = sum(one.missing for one in look.unfolded.values())
    if missing:
        yield Finding(
            f"A journal is {bytes_text(missing)} shorter than what was folded of it.",
            "Something other than celltrail changed it. What was folded is kept; what "
            "is logged next by that session may not be: restart its kernel.",
        )
