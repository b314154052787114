"""SQL of the user's own: what it sees, and what it cannot do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from celltrail.errors import InvalidValueError, StoreError
from celltrail.store import decisions, events
from celltrail.store.query.sandbox import run_sql
from celltrail.store.query.search import search_runs
from celltrail.store.query.views import VIEWS
from tests.store.query.five_runs import log_five
from tests.store.samples import everything, log_run

if TYPE_CHECKING:
    from pathlib import Path

    from celltrail.store import Store


@pytest.fixture
def ids(store: Store) -> dict[str, str]:
    """Return the ids of the five runs, by letter."""
    return log_five(store)


def test_every_view_can_be_read(store: Store) -> None:
    run_id = log_run(
        store, "x", params={"lr": "0.1"}, metrics={"m": [1.0, 2.0]}, files={"f": b"f"}
    )
    log_run(store, "with code", code="x = 1")
    for view in VIEWS:
        frame = run_sql(store, f"SELECT * FROM {view}")
        assert len(frame), view
    frame = run_sql(store, "SELECT * FROM latest_metrics")
    assert frame.iloc[0][["run_id", "key", "value", "count"]].tolist() == [
        run_id,
        "m",
        2.0,
        2,
    ]
    assert run_sql(store, "SELECT code FROM cells")["code"].tolist() == ["x = 1"]


def test_ids_are_text_of_32_characters_both_ways(
    store: Store, ids: dict[str, str]
) -> None:
    frame = run_sql(store, "SELECT run_id, parent_run_id, name FROM runs ORDER BY name")
    assert frame["run_id"].tolist() == [ids[letter] for letter in "cabde"]
    assert frame["parent_run_id"].isna().all()
    for query in ("run_id = ?", "run_id IN (?)", "run_id = CAST(? AS UUID)"):
        found = run_sql(store, f"SELECT name FROM runs WHERE {query}", [ids["b"]])
        assert found["name"].tolist() == ["beta"]


def test_runs_wide_has_a_column_for_each_key(store: Store, ids: dict[str, str]) -> None:
    assert ids
    frame = run_sql(
        store,
        'SELECT name, "metrics.auc", "metrics.val/auc", "params.lr" FROM runs_wide '
        'WHERE "metrics.auc" < 1 ORDER BY "metrics.auc"',
    )
    assert frame["name"].tolist() == ["beta", "alpha"]
    assert frame["params.lr"].tolist() == ["0.1", "0.01"]


def test_hostile_keys_are_only_names(store: Store) -> None:
    keys = ["a'b", 'a"b', "x'); DROP TABLE runs; --", 'x" FROM runs; --', "AUC", "auc"]
    log_run(store, params=dict.fromkeys(keys, "v"))
    frame = run_sql(store, "SELECT * FROM runs_wide")
    assert {f"params.{key}" for key in keys[:-1]} < set(frame.columns)
    assert "params.auc_2" in frame


def test_parameters_are_bound(store: Store, ids: dict[str, str]) -> None:
    assert ids
    query = "SELECT count(*) AS n FROM runs WHERE name = "
    assert run_sql(store, query + "?", ["alpha"])["n"].tolist() == [1]
    assert run_sql(store, query + "$x", {"x": "' OR true --"})["n"].tolist() == [0]


def test_deleted_runs_and_experiments_are_not_there(
    store: Store, ids: dict[str, str]
) -> None:
    other = decisions.create_experiment(store, "other")
    decisions.set_experiment_stage(store, other, "deleted")
    decisions.set_run_stage(store, [ids["a"]], "deleted")
    for view in ("runs", "runs_wide", "params", "metrics", "latest_metrics", "tags"):
        found = run_sql(store, f"SELECT DISTINCT run_id FROM {view}")["run_id"]
        assert ids["a"] not in set(found), view
        assert ids["b"] in set(found), view
    assert run_sql(store, "FROM experiments")["name"].tolist() == ["Default"]


def test_what_was_just_logged_is_there(store: Store, ids: dict[str, str]) -> None:
    assert run_sql(store, "SELECT count(*) n FROM runs")["n"].tolist() == [5]
    store.journal.append(events.text(events.PARAM, ids["e"], "new", "1"))
    found = run_sql(store, "SELECT value FROM params WHERE key = 'new'")
    assert found["value"].tolist() == ["1"]


@pytest.mark.parametrize(
    "query",
    [
        "FROM runs SELECT name ORDER BY name",
        "WITH x AS (SELECT name FROM runs) SELECT * FROM x",
        "WITH runs AS (SELECT name FROM runs) SELECT * FROM runs",
        "SELECT name FROM runs UNION ALL SELECT key FROM params",
        "SELECT * FROM range(3), generate_series(1, 2) g, unnest([1, 2]) u",
        "SELECT r.name, p.value FROM runs r JOIN params p USING (run_id)",
        "SELECT key, unnest(range(2)) FROM tags",
        "SUMMARIZE runs",
        "DESCRIBE runs_wide",
        "VALUES (1), (2)",
        "SELECT a.* FROM (FROM runs) a WHERE name IN (SELECT name FROM RUNS)",
        "WITH RECURSIVE t AS (SELECT 1 n UNION SELECT n % 5 + 1 FROM t) FROM t",
        "SELECT 1; ",
    ],
)
def test_any_single_select_runs(store: Store, ids: dict[str, str], query: str) -> None:
    assert ids
    assert len(run_sql(store, query))


HOSTILE = [
    "INSERT INTO runs VALUES (1)",
    "UPDATE runs SET name = 'x'",
    "DELETE FROM runs",
    "DROP TABLE runs",
    "CREATE TABLE t (a INT)",
    "CREATE OR REPLACE VIEW runs AS SELECT 1",
    "ALTER TABLE runs ADD COLUMN x INT",
    "WITH x AS (INSERT INTO runs VALUES (1) RETURNING *) SELECT * FROM x",
    "SELECT * FROM (DELETE FROM runs RETURNING *)",
    "COPY runs TO '{path}'",
    "COPY (SELECT 1) TO '{path}'",
    "EXPORT DATABASE '{path}'",
    "ATTACH '{path}'",
    "DETACH store",
    "USE store",
    "SELECT * FROM read_csv('{path}')",
    "SELECT * FROM read_text('{path}')",
    "SELECT * FROM read_parquet('{path}')",
    "SELECT * FROM '{path}'",
    'SELECT * FROM "{path}"',
    "SELECT * FROM glob('*')",
    "WITH x AS (FROM glob('*')) SELECT * FROM x",
    "SELECT (SELECT count(*) FROM read_blob('{path}'))",
    "SELECT name FROM runs WHERE EXISTS (FROM sniff_csv('{path}'))",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('runs')",
    "SELECT * FROM json_execute_serialized_sql('x')",
    "SELECT * FROM enable_logging(storage='file')",
    "CALL enable_logging(storage='file')",
    "CALL range(3)",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM store.runs",
    "SELECT * FROM store.main.journals",
    "SELECT * FROM memory.main.runs",
    "PRAGMA database_list",
    "PRAGMA memory_limit='100GB'",
    "SET threads = 1",
    "RESET memory_limit",
    "SET VARIABLE x = 1",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CHECKPOINT",
    "VACUUM",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "SHOW TABLES",
    "SELECT * FROM (SHOW ALL TABLES)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE runs",
    "",
    "-- nothing",
    "frame",
    "SELECT * FROM frame",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_anything_else_is_refused_and_nothing_changes(
    store: Store, ids: dict[str, str], folder: Path, query: str
) -> None:
    assert ids
    frame = pd.DataFrame({"a": [1]})
    assert len(frame)
    path = folder / "there.csv"
    path.write_text("a\n1\n")
    before = everything(store)
    files = sorted(folder.rglob("*.csv*"))
    with pytest.raises(InvalidValueError):
        run_sql(store, query.replace("{path}", str(path)))
    assert everything(store) == before
    assert sorted(folder.rglob("*.csv*")) == files
    assert path.read_text() == "a\n1\n"


def test_the_instance_itself_is_locked() -> None:
    # Even a query that got past the parser could not reach beyond the store.
    from celltrail.store.query import sandbox

    with sandbox._instance("100MB") as connection:
        for statement in sandbox._LOCKS:
            connection.execute(statement)
        for query in (
            "SELECT * FROM glob('/*')",
            "COPY (SELECT 1) TO 'x.csv'",
            "ATTACH 'x.duckdb'",
            "SET enable_external_access = true",
            "SET memory_limit = '100GB'",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)


@pytest.mark.parametrize(
    "query",
    [
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL FROM t) SELECT count(*) FROM t",
        "SELECT count(*) FROM range(10000000000) a, range(10000000000) b",
    ],
)
def test_a_query_without_end_is_stopped(store: Store, query: str) -> None:
    begin = time.monotonic()
    with pytest.raises(StoreError, match=r"stopped after 0\.3 s"):
        run_sql(store, query, timeout=0.3)
    assert time.monotonic() - begin < 10


def test_a_query_may_not_take_all_memory(store: Store) -> None:
    with pytest.raises(StoreError, match="more memory than it is allowed"):
        run_sql(store, "SELECT list(range) FROM range(50000000)", memory="50MB")


def test_a_result_may_not_be_endless(store: Store) -> None:
    with pytest.raises(StoreError, match="more than 1,000,000 rows"):
        run_sql(store, "SELECT * FROM range(10000000000)")
    assert len(run_sql(store, "SELECT * FROM range(1000000)")) == 1_000_000


def test_the_store_works_on_after_a_stopped_query(
    store: Store, ids: dict[str, str]
) -> None:
    with pytest.raises(StoreError):
        run_sql(store, "SELECT count(*) FROM range(100000000000)", timeout=0.05)
    store.journal.append(events.run_status(ids["c"], "FINISHED"))
    assert len(search_runs(store, ["0"], "status = 'FINISHED'")) == 3


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT nme FROM runs", "no column 'nme'. Did you mean 'name'?"),
        ("SELECT r.nme FROM runs r", "no column 'nme'. Did you mean 'name'?"),
        ("SELECT auc FROM runs_wide", 'Write "metrics.auc", with the quotes'),
        ("SELECT metrics.auc FROM runs_wide", 'Write "metrics.auc", with the quotes'),
        ("SELECT runz.name FROM runs", "Did you mean 'runs'?"),
        ("SELECT averg(duration) FROM runs", "no function 'averg'. Did you mean "),
        ("SELECT name FROM runs WHERE", "syntax error"),
        ("SELECT name FROM runs GROUP BY status", "must appear in the GROUP BY"),
    ],
)
def test_bad_sql_is_explained_with_its_place(
    store: Store, ids: dict[str, str], query: str, says: str
) -> None:
    assert ids
    with pytest.raises(InvalidValueError) as caught:
        run_sql(store, query)
    message = caught.value.message
    assert says in message
    if "syntax" not in says:
        assert "^" in message.splitlines()[-1]


def test_an_unknown_table_is_shown_with_the_nearest(store: Store) -> None:
    with pytest.raises(InvalidValueError, match="Did you mean 'runs'") as caught:
        run_sql(store, "SELECT *\nFROM rns")
    assert "line 2, column 6" in caught.value.message
    assert caught.value.message.endswith("    FROM rns\n         ^")
