"""Turning staged events into rows, doing only what the batch needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.store.statements import (
    ANY_OTHER,
    BY_KIND,
    COOL_POINTS,
    HOT_POINTS,
    INSERT_RUNS,
    MEANINGLESS,
    METRIC_MAPS,
    NO_METRICS,
    NO_TEXTS,
    ORDER,
    PARAM_HISTORY,
    POINTS_ONLY,
    SETTLE_POINTS,
    TEXT_COLUMNS,
    TEXT_MAPS,
    TEXTS,
    TOUCHED,
    UPDATE_RUNS,
    WRITTEN,
)

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

__all__ = ["apply_stage", "refuse_meaningless"]


def refuse_meaningless(connection: duckdb.DuckDBPyConnection) -> int:
    """Move staged rows that are JSON but no event to quarantine; return how many."""
    row = connection.execute(
        f"SELECT count(*) FROM stage WHERE {MEANINGLESS}"
    ).fetchone()
    count = int(row[0]) if row else 0
    if count:
        connection.execute(
            "INSERT INTO quarantine SELECT session::VARCHAR, NULL, "
            "to_json({'e': e, 'r': r, 'k': k, 's': s, 'v': v, 't': t, 'x': x, 'd': d}),"
            " 'not an event of this version', now() AT TIME ZONE 'UTC' "
            f"FROM stage WHERE {MEANINGLESS}"
        )
        connection.execute(f"DELETE FROM stage WHERE {MEANINGLESS}")
    return count


def apply_stage(
    connection: duckdb.DuckDBPyConnection, dead: dict[str, datetime]
) -> None:
    """Apply the staged events, and end the open runs of dead sessions as KILLED.

    Parameters
    ----------
    dead
        When each dead session last wrote (UTC).
    """
    run = connection.execute
    kinds = {kind for (kind,) in run("SELECT DISTINCT e FROM stage").fetchall()}
    if kinds == {"m"} and not dead and run(ANY_OTHER).fetchone() is None:
        for statement in POINTS_ONLY:
            run(statement)
        return
    run("CREATE OR REPLACE TEMP TABLE dead (session_id UUID, end_time TIMESTAMP)")
    if dead:
        run(
            "INSERT INTO dead SELECT unnest(?::UUID[]), unnest(?::TIMESTAMP[])",
            [list(dead), list(dead.values())],
        )
    run(ORDER)
    _apply_runs(connection, kinds)
    for kind, statements in BY_KIND.items():
        if kind in kinds:
            for statement in statements:
                run(statement)


def _apply_runs(connection: duckdb.DuckDBPyConnection, kinds: set[str]) -> None:
    """Bring the rows and points of the runs up to date, doing only what is needed."""
    run = connection.execute
    run(TOUCHED)
    facts = run(
        "SELECT count(*) > 0, bool_or(is_new), bool_or(NOT is_new), bool_or(has_ended) "
        "FROM touched"
    ).fetchone()
    any_run, any_new, any_known, any_ended = facts or (False,) * 4
    if not any_run:
        return
    has_points = "m" in kinds
    for wanted, statement in (
        (kinds & TEXT_COLUMNS.keys(), TEXTS),
        (kinds & TEXT_COLUMNS.keys(), TEXT_MAPS),
        ("p" in kinds, PARAM_HISTORY),
        (has_points, METRIC_MAPS),
        (
            True,
            _written(
                has_texts=bool(kinds & TEXT_COLUMNS.keys()), has_points=has_points
            ),
        ),
        (any_ended, SETTLE_POINTS),
        (any_ended and any_known, COOL_POINTS),
        (has_points, HOT_POINTS),
        (any_known, UPDATE_RUNS),
        (any_new, INSERT_RUNS),
    ):
        if wanted:
            run(statement)


def _written(*, has_texts: bool, has_points: bool) -> str:
    """Return the statement for ``written``, without the maps nobody told about."""
    texts = "text_maps" if has_texts else f"({NO_TEXTS})"
    points = "metric_maps" if has_points else f"({NO_METRICS})"
    return WRITTEN.format(text_maps=texts, metric_maps=points)
