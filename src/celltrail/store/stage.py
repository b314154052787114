"""Reading the unfolded lines of the journals into one temporary table.

DuckDB's own JSON reader judges the lines. It gives up a whole file for one bad line, so
a file that fails is halved until the bad lines stand alone; those go to quarantine.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from celltrail.store.connection import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from celltrail.store.segments import Segment

__all__ = ["BadLine", "Batch", "stage", "unread"]

BATCH_BYTES = 64 * 2**20
_COLUMNS = (
    "{e: 'VARCHAR', r: 'UUID', k: 'VARCHAR', s: 'BIGINT', v: 'DOUBLE', t: 'BIGINT', "
    "x: 'VARCHAR', d: 'JSON'}"
)
_LINE_SHOWN = 65_536
# What lines are to blame for. An interrupt, a full disk or too little memory is not.
_MALFORMED = (duckdb.InvalidInputException, duckdb.DataError)


@dataclass(frozen=True)
class BadLine:
    """A line that could not be read, for the quarantine."""

    journal: str
    offset: int
    line: bytes
    reason: str


@dataclass
class Batch:
    """The unread bytes of some segments.

    Attributes
    ----------
    chunks
        Complete lines by segment, with the offset of the first.
    offsets
        Where each segment is read to, once the batch is folded.
    torn
        Last lines of final segments that never got their end.
    is_whole
        Whether the batch reaches the end of every segment.
    """

    chunks: list[tuple[Segment, int, bytes]] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    torn: list[BadLine] = field(default_factory=list)
    is_whole: bool = True


def unread(segments: Iterable[Segment], folded: dict[str, int]) -> Batch:
    """Return what lies past the folded offsets, at most a few megabytes at a time."""
    batch, room = Batch(), BATCH_BYTES
    for segment in segments:
        start = folded.get(segment.name, 0)
        if segment.size <= start:
            continue
        if room <= 0:
            batch.is_whole = False
            break
        with segment.path.open("rb") as file:
            file.seek(start)
            data = file.read(segment.size - start)
        room -= len(data)
        complete = data.rfind(b"\n") + 1
        tail = data[complete:]
        if complete:
            batch.chunks.append((segment, start, data[:complete]))
            batch.offsets[segment.name] = start + complete
        if tail and segment.is_final:
            reason = "torn: the line has no end"
            batch.torn.append(BadLine(segment.name, start + complete, tail, reason))
            batch.offsets[segment.name] = segment.size
    return batch


def stage(
    connection: duckdb.DuckDBPyConnection, batch: Batch, scratch: Path
) -> list[BadLine]:
    """Fill the temporary table ``stage`` with the batch; return the lines it refused.

    Parameters
    ----------
    scratch
        A folder for temporary files, emptied before and after.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stage (session UUID, e VARCHAR, r UUID, "
        "k VARCHAR, s BIGINT, v DOUBLE, t BIGINT, x VARCHAR, d VARCHAR, q BIGINT)"
    )
    try:
        for segment, _, data in batch.chunks:
            (scratch / segment.name).write_bytes(data)
        files = [scratch / segment.name for segment, _, _ in batch.chunks]
        if not files or _read(connection, files) is None:
            return list(batch.torn)
        bad = list(batch.torn)
        for segment, start, data in batch.chunks:
            bad += _read_halving(connection, segment, start, data, scratch)
        return bad
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _read(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> str | None:
    """Append the files' lines to the stage; return why not, if not."""
    listed = ", ".join(quoted(str(file)) for file in files)
    try:
        connection.execute(
            "INSERT INTO stage SELECT parse_filename(filename)[:32]::UUID, e, r, k, s, "
            "v, t, x, d, row_number() OVER () + (SELECT count(*) FROM stage) "
            f"FROM read_json([{listed}], format = 'newline_delimited', "
            "records = true, filename = true, maximum_object_size = 16777216, "
            f"columns = {_COLUMNS})"
        )
    except _MALFORMED as error:
        return str(error).strip()
    return None


def _read_halving(
    connection: duckdb.DuckDBPyConnection,
    segment: Segment,
    start: int,
    data: bytes,
    scratch: Path,
) -> list[BadLine]:
    """Stage the good lines of one chunk; return the others."""
    file = scratch / segment.name
    bad: list[BadLine] = []
    waiting = [(start, re.findall(rb"[^\n]*\n", data))]
    while waiting:
        offset, lines = waiting.pop()
        file.write_bytes(b"".join(lines))
        reason = _read(connection, [file])
        if reason is None:
            continue
        if len(lines) == 1:
            line = lines[0].rstrip(b"\n")[:_LINE_SHOWN]
            bad.append(BadLine(segment.name, offset, line, reason.splitlines()[0]))
            continue
        half = len(lines) // 2
        middle = offset + sum(map(len, lines[:half]))
        # The first half is taken up first, so that lines keep their order.
        waiting += [(middle, lines[half:]), (offset, lines[:half])]
    return bad
