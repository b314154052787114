"""The questions an examination puts to the database and the artifact files."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from celltrail.store.care.findings import Finding, bytes_text, counted, some
from celltrail.store.care.gc import GRACE, old_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from celltrail.store.store import Store

__all__ = [
    "artifacts",
    "folded",
    "leftovers",
    "lost_experiments",
    "lost_points",
    "open_runs",
    "quarantine",
]

LOST_POINTS = (
    "run_id NOT IN (SELECT run_id FROM runs WHERE status IN ('RUNNING', 'SCHEDULED'))"
)
LOST_EXPERIMENTS = (
    "SELECT DISTINCT experiment_id FROM runs "
    "WHERE experiment_id NOT IN (SELECT experiment_id FROM experiments)"
)


def folded(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how far each journal segment is folded, in bytes."""
    return dict(connection.execute("SELECT journal, folded FROM journals").fetchall())


def quarantine(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Yield the lines that folds could not read."""
    rows = connection.execute(
        "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY 2 DESC"
    ).fetchall()
    if rows:
        yield Finding(
            f"{counted(sum(count for _, count in rows), 'journal line')} could not be "
            f"read: {some([f'{count:,} {reason}' for reason, count in rows])}.",
            "They are kept in the table quarantine.",
            is_problem=False,
        )


def open_runs(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    dead: set[str],
    will_end: set[str],
) -> Iterator[Finding]:
    """Yield the runs that show as RUNNING though nothing writes them.

    Parameters
    ----------
    present
        The sessions that have a journal.
    dead
        Those of them that live no more.
    will_end
        Runs whose end is logged and not folded.
    """
    rows = connection.execute(
        "SELECT replace(run_id::VARCHAR, '-', ''), name, "
        "replace(session_id::VARCHAR, '-', '') FROM runs WHERE status = 'RUNNING'"
    ).fetchall()
    open_ = [row for row in rows if row[0] not in will_end]
    dying = [name for _, name, session in open_ if session in dead]
    if dying:
        yield Finding(
            f"{counted(len(dying), 'run')} RUNNING of dead sessions: {some(dying)}.",
            "The next read makes them KILLED.",
            is_fixed_by_fold=True,
        )
    lost = [name for _, name, session in open_ if session not in present]
    if lost:
        yield Finding(
            f"{counted(len(lost), 'run')} RUNNING of sessions that have no journal "
            f"here: {some(lost)}.",
            "celltrail doctor --fix makes them KILLED.",
            is_fixed_by_mending=True,
        )


def lost_points(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Yield points that were not moved to their place when their run ended."""
    row = connection.execute(
        f"SELECT count(*) FROM metrics_hot WHERE {LOST_POINTS}"
    ).fetchone()
    if row and row[0]:
        yield Finding(
            f"{counted(row[0], 'metric point')} of ended runs are among the live ones.",
            "celltrail doctor --fix moves them to their place.",
            is_fixed_by_mending=True,
        )


def lost_experiments(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Yield the experiments that runs name and that are not there."""
    rows = connection.execute(f"{LOST_EXPERIMENTS} ORDER BY 1").fetchall()
    if rows:
        yield Finding(
            "Runs belong to experiments that are not there any more: "
            f"{some([str(number) for (number,) in rows])}.",
            "celltrail doctor --fix makes experiments of those ids.",
            is_fixed_by_mending=True,
        )


def artifacts(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    logged: set[str],
    *,
    deep: bool,
) -> Iterator[Finding]:
    """Yield artifacts that are missing, damaged or referred to by no run.

    Parameters
    ----------
    logged
        Contents that events refer to which are not folded yet.
    """
    rows = connection.execute(
        "SELECT digest, max(size), min(runs.name || '/' || path) FROM artifacts "
        "JOIN runs ON runs.run_id = artifacts.run_id GROUP BY digest ORDER BY 3"
    ).fetchall()
    contents = {content.name: content for content in store.artifacts.contents()}
    missing = [place for digest, _, place in rows if digest not in contents]
    if missing:
        yield Finding(
            f"{counted(len(missing), 'artifact')} missing: {some(missing)}.",
            "Put the folder artifacts/ of a backup over this one, or log them again.",
        )
    damaged = [
        place
        for digest, size, place in rows
        if digest in contents
        and (contents[digest].size != size or (deep and not _is_whole(store, digest)))
    ]
    if damaged:
        yield Finding(
            f"{counted(len(damaged), 'artifact')} damaged: {some(damaged)}.",
            "Remove them below artifacts/, then put back those of a backup.",
        )
    needed = logged | {digest for digest, _, _ in rows}
    limit = time.time() - GRACE
    sizes = [
        content.size
        for content in contents.values()
        if content.name not in needed and content.written < limit
    ]
    if sizes:
        yield Finding(
            f"{counted(len(sizes), 'artifact file')} ({bytes_text(sum(sizes))}) that "
            "no run refers to.",
            "celltrail gc removes them.",
            is_problem=False,
        )


def leftovers(store: Store) -> Iterator[Finding]:
    """Yield the temporary files of writes that broke off."""
    sizes = [file.size for file in old_leftovers(store)]
    if sizes:
        yield Finding(
            f"{counted(len(sizes), 'temporary file')} ({bytes_text(sum(sizes))}) of "
            "writes that broke off.",
            "celltrail doctor --fix removes them.",
            is_problem=False,
            is_fixed_by_mending=True,
        )


def _is_whole(store: Store, digest: str) -> bool:
    with store.artifacts.open(digest) as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == digest  # type: ignore[arg-type]
