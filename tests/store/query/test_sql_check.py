"""The check of a query alone: what it refuses without the help of the other walls."""

from __future__ import annotations

import duckdb
import pytest

from celltrail.errors import InvalidValueError
from celltrail.store.query.sql_check import tables_read


def read(query: str) -> set[str]:
    """Check a query where nothing else would refuse it: all its tables are missing."""
    with duckdb.connect() as connection:
        return tables_read(connection, query)


@pytest.mark.parametrize(
    "query",
    [
        # DuckDB 2.0 calls these SELECTs; 1.5.5 cannot parse them.
        "WITH x AS (INSERT INTO runs VALUES (1) RETURNING *) SELECT * FROM x",
        "WITH x AS (UPDATE runs SET name = 'x' RETURNING *) FROM x",
        "WITH x AS (DELETE FROM runs RETURNING *) FROM x",
        "SELECT * FROM (WITH x AS (DELETE FROM runs RETURNING *) FROM x)",
        "INSERT INTO runs VALUES (1)",
        "COPY runs TO 'x'",
        "SELECT * FROM read_text('x')",
        "SELECT (SELECT count(*) FROM glob('*'))",
        "SELECT * FROM store.runs",
        "SELECT * FROM 'x.csv'",
        "SELECT 1; SELECT 2",
    ],
)
def test_the_check_alone_refuses_what_is_no_select_over_the_views(query: str) -> None:
    with pytest.raises(InvalidValueError):
        read(query)


@pytest.mark.parametrize(
    ("query", "views"),
    [
        ("SELECT 1", set()),
        ("FROM RUNS", {"runs"}),
        ("SELECT * FROM runs r JOIN params USING (run_id)", {"runs", "params"}),
        ("WITH x AS (FROM tags) FROM x", {"tags"}),
        ("SELECT (SELECT max(value) FROM latest_metrics)", {"latest_metrics"}),
        ("FROM cells WHERE EXISTS (FROM artifacts)", {"artifacts", "cells"}),
    ],
)
def test_the_check_names_the_views_a_query_reads(query: str, views: set[str]) -> None:
    assert read(query) == views
