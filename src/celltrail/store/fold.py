"""Moving journalled events into the database, each exactly once.

The events past each journal's recorded offset and the new offset are committed in one
transaction: a crash can fall before or after it, never between. Segments are deleted
only after the commit.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from celltrail.store import apply
from celltrail.store.segments import scan, sweep
from celltrail.store.stage import stage, unread

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from celltrail.store.segments import Segment
    from celltrail.store.stage import BadLine, Batch

__all__ = ["FoldReport", "fold", "folded_offsets"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldReport:
    """What one fold did.

    Attributes
    ----------
    offsets
        How far each segment that is left is folded, in bytes.
    quarantined
        How many lines could not be read.
    """

    offsets: dict[str, int]
    quarantined: int


def fold(
    connection: duckdb.DuckDBPyConnection, journals: Path, scratch: Path
) -> FoldReport:
    """Fold everything that lies in the journals; the fold lock is held by the caller.

    Parameters
    ----------
    connection
        With the store attached for writing.
    journals
        The folder of the segments.
    scratch
        A folder for temporary files.
    """
    quarantined = 0
    while True:
        segments, dead = scan(journals)
        folded = folded_offsets(connection)
        batch = unread(segments, folded)
        quarantined += _fold_batch(connection, batch, segments, dead, scratch)
        offsets = folded | batch.offsets
        if batch.is_whole:
            break
    done = [s for s in segments if s.is_final and offsets.get(s.name, 0) >= s.size]
    sweep(journals, done)
    left = {segment.name for segment in segments} - {segment.name for segment in done}
    return FoldReport({name: offsets.get(name, 0) for name in left}, quarantined)


def folded_offsets(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how far each segment is folded, in bytes, by name."""
    return dict(connection.execute("SELECT journal, folded FROM journals").fetchall())


def _fold_batch(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    segments: list[Segment],
    dead: set[str],
    scratch: Path,
) -> int:
    """Commit one batch with its offsets; return how many lines it quarantined."""
    # Only the last batch may declare the dead: an earlier one has not seen their end.
    dead_sessions = _ends(segments, dead) if batch.is_whole else {}
    if not batch.offsets and not dead_sessions:
        return 0
    bad = stage(connection, batch, scratch)
    connection.begin()
    _quarantine(connection, bad)
    refused = apply.refuse_meaningless(connection)
    apply.apply_stage(connection, dead_sessions)
    _move_offsets(connection, batch.offsets, {segment.name for segment in segments})
    connection.commit()
    if bad or refused:
        logger.warning(
            "%d journal lines could not be read and were put into quarantine; "
            "celltrail doctor shows them.",
            len(bad) + refused,
        )
    return len(bad) + refused


def _ends(segments: list[Segment], dead: set[str]) -> dict[str, datetime]:
    """Return when each dead session last wrote."""
    ends: dict[str, int] = dict.fromkeys(dead, 0)
    for segment in segments:
        if segment.session_id in ends:
            ends[segment.session_id] = max(ends[segment.session_id], segment.modified)
    return {
        session: datetime.fromtimestamp(end / 1e9, UTC).replace(tzinfo=None)
        for session, end in ends.items()
    }


def _quarantine(connection: duckdb.DuckDBPyConnection, bad: list[BadLine]) -> None:
    for line in bad:
        connection.execute(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, now() AT TIME ZONE 'UTC')",
            [
                line.journal,
                line.offset,
                line.line.decode(errors="replace"),
                line.reason,
            ],
        )


def _move_offsets(
    connection: duckdb.DuckDBPyConnection, offsets: dict[str, int], present: set[str]
) -> None:
    """Record the new offsets and forget segments that are gone; names never return."""
    connection.execute(
        "DELETE FROM journals WHERE journal IN (SELECT unnest(?::VARCHAR[])) "
        "OR journal NOT IN (SELECT unnest(?::VARCHAR[]))",
        [list(offsets), list(present)],
    )
    connection.execute(
        "INSERT INTO journals SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])",
        [list(offsets), list(offsets.values())],
    )
