"""Exports and imports: stores can be merged, and nothing odd gets in."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrail.errors import (
    AlreadyExistsError,
    InvalidValueError,
    NotFoundError,
    StoreError,
)
from celltrail.store import open_store
from celltrail.store.care.doctor import examine
from celltrail.store.care.importing import import_runs, is_safe_path
from celltrail.store.care.portable import export_runs
from celltrail.store.decisions import (
    create_experiment,
    set_experiment_stage,
    set_experiment_tag,
    set_run_stage,
)
from tests.store.samples import TABLES, everything, log_cell, log_run, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from celltrail.store import Store


@pytest.fixture
def other(folder: Path) -> Store:
    """Return another new store."""
    return open_store(folder / "elsewhere")


def rich_run(store: Store, name: str = "rich", **facts: Any) -> str:
    return log_run(
        store,
        name,
        **{
            "params": {"depth": "3", "naïve": "ja\0wohl"},
            "metrics": {"loss": [1, math.nan, math.inf], "auc": [0.5]},
            "files": {"model/a.bin": b"\x00\x01", "ü.txt": b"u"},
            "code": f"x = {name!r}",
            **facts,
        },
    )


def rewritten(export: Path, table: str, query: str) -> None:
    """Replace a table of an export by a query over it, manifest and all."""
    file = export / f"{table}.parquet"
    new = export / "new.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW t AS FROM read_parquet('{file}')")
        connection.execute(f"COPY ({query}) TO '{new}' (FORMAT parquet)")
    new.replace(file)
    manifest = json.loads((export / "manifest.json").read_text())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest["tables"][table]["sha256"] = digest
    (export / "manifest.json").write_text(json.dumps(manifest))


def test_runs_arrive_as_they_were(store: Store, other: Store, folder: Path) -> None:
    run_ids = [rich_run(store, "one"), rich_run(store, "two")]
    log_run(store, "stays here")
    exported = export_runs(store, run_ids, folder / "out")
    assert (exported.runs, exported.artifacts) == (2, 2)
    report = import_runs(other, folder / "out")
    assert report.runs == tuple(sorted(run_ids))
    assert (report.known, report.experiments, report.artifacts) == (0, (), 2)
    chosen = f"run_id IN ('{run_ids[0]}', '{run_ids[1]}')"
    for table in ("runs", "metrics", "param_history", "artifacts", "inputs", "cells"):
        assert rows_of(other, table) == rows_of(store, table, chosen)
    assert rows_of(other, "sessions") == rows_of(store, "sessions")
    assert {row[1] for row in rows_of(other, "texts")} == {"x = 'one'", "x = 'two'"}
    other.close()
    assert examine(other, deep=True) == []


def test_importing_again_adds_only_what_is_new(
    store: Store, other: Store, folder: Path
) -> None:
    first = rich_run(store, "first")
    export_runs(store, [first], folder / "1")
    import_runs(other, folder / "1")
    before = everything(other)
    again = import_runs(other, folder / "1")
    assert (again.runs, again.known, again.artifacts) == ((), 1, 0)
    assert everything(other) == before
    second = rich_run(store, "second")
    export_runs(store, [first, second], folder / "2")
    report = import_runs(other, folder / "2")
    assert (report.runs, report.known) == ((second,), 1)
    assert everything(other) == everything(store)


def test_importing_into_the_store_it_came_from_changes_nothing(
    store: Store, folder: Path
) -> None:
    run_id = rich_run(store, status=None)
    export_runs(store, [run_id], folder / "out")
    before = everything(store)
    assert import_runs(store, folder / "out").known == 1
    assert everything(store) == before


def test_a_run_imported_unfinished_is_completed(
    store: Store, other: Store, folder: Path
) -> None:
    run_id = rich_run(store, status=None)
    export_runs(store, [run_id], folder / "1")
    assert import_runs(other, folder / "1").runs == (run_id,)
    store.close()
    export_runs(store, [run_id], folder / "2")
    assert import_runs(other, folder / "2").updated == (run_id,)
    assert everything(other) == everything(store)
    assert rows_of(other, "runs")[0][3] == "KILLED"


def test_experiments_are_matched_by_name(
    store: Store, other: Store, folder: Path
) -> None:
    for name in ("a", "b"):
        create_experiment(store, name)
    set_experiment_tag(store, "2", "team", "churn")
    create_experiment(other, "x")
    create_experiment(other, "a")
    runs = [log_run(store, experiment=1), log_run(store, experiment=2)]
    export_runs(store, runs, folder / "out")
    assert import_runs(other, folder / "out").experiments == ("b",)
    with other.reading() as connection:
        rows = connection.execute(
            "SELECT e.name, e.tags FROM runs JOIN experiments e "
            "USING (experiment_id) ORDER BY e.name"
        )
        assert rows.fetchall() == [("a", {}), ("b", {"team": "churn"})]


def test_a_deleted_experiment_here_is_an_error(
    store: Store, other: Store, folder: Path
) -> None:
    create_experiment(store, "a")
    set_experiment_stage(other, create_experiment(other, "a"), "deleted")
    export_runs(store, [log_run(store, experiment=1)], folder / "out")
    with pytest.raises(StoreError, match="'a', which is deleted here"):
        import_runs(other, folder / "out")
    assert rows_of(other, "runs") == []


def test_the_cells_before_come_along_and_those_after_do_not(
    store: Store, other: Store, folder: Path
) -> None:
    log_cell(store, None, "data = load()")
    run_id = log_run(store, code="fit(data)")
    log_cell(store, None, "secret = 1")
    export_runs(store, [run_id], folder / "out")
    import_runs(other, folder / "out")
    texts = {row[1] for row in rows_of(other, "texts")}
    assert texts == {"data = load()", "fit(data)"}
    assert len(rows_of(other, "cells")) == 2


def test_a_deleted_run_here_stays_deleted(
    store: Store, other: Store, folder: Path
) -> None:
    run_id = rich_run(store)
    export_runs(store, [run_id], folder / "out")
    import_runs(other, folder / "out")
    set_run_stage(other, [run_id], "deleted")
    assert import_runs(other, folder / "out").known == 1
    assert rows_of(other, "runs")[0][4] == "deleted"


def test_what_cannot_be_exported(store: Store, folder: Path) -> None:
    run_id = rich_run(store)
    with pytest.raises(NotFoundError, match="'0123456789abcdef"):
        export_runs(store, [run_id, "0123456789abcdef" * 2], folder / "out")
    with pytest.raises(InvalidValueError, match="No run was named"):
        export_runs(store, [], folder / "out")
    assert not (folder / "out").exists()
    (folder / "full").mkdir()
    (folder / "full" / "x").touch()
    with pytest.raises(AlreadyExistsError):
        export_runs(store, [run_id], folder / "full")
    path = store.artifacts.path(rows_of(store, "artifacts")[0][2])
    assert path is not None
    path.unlink()
    with pytest.raises(NotFoundError, match="celltrail doctor"):
        export_runs(store, [run_id], folder / "out")
    assert sorted(item.name for item in folder.iterdir()) == [".celltrail", "full"]


@pytest.mark.parametrize("what", ["nothing", "no manifest", "other json", "no json"])
def test_what_is_no_export(store: Store, folder: Path, what: str) -> None:
    source = folder / "in"
    if what != "nothing":
        source.mkdir()
    if what == "other json":
        (source / "manifest.json").write_text('{"name": "x"}')
    if what == "no json":
        (source / "manifest.json").write_text("hello")
    with pytest.raises((NotFoundError, StoreError), match="export"):
        import_runs(store, source)
    assert not store.database.exists()


def test_a_newer_format_is_refused(store: Store, folder: Path) -> None:
    export_runs(store, [rich_run(store)], folder / "out")
    file = folder / "out" / "manifest.json"
    file.write_text(file.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(StoreError, match="pip install -U celltrail"):
        import_runs(store, folder / "out")


@pytest.mark.parametrize("table", [*TABLES, "experiments"])
@pytest.mark.parametrize("how", ["missing", "changed"])
def test_a_damaged_table_is_refused(
    store: Store, other: Store, folder: Path, table: str, how: str
) -> None:
    export_runs(store, [rich_run(store)], folder / "out")
    file = folder / "out" / f"{table}.parquet"
    if how == "missing":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    with pytest.raises(StoreError, match=f"{table}.parquet"):
        import_runs(other, folder / "out")
    assert not other.database.exists()


@pytest.mark.parametrize("how", ["missing", "changed"])
def test_a_damaged_artifact_is_refused(
    store: Store, other: Store, folder: Path, how: str
) -> None:
    export_runs(store, [rich_run(store)], folder / "out")
    contents = [f for f in (folder / "out" / "artifacts").rglob("*") if f.is_file()]
    contents[0].unlink() if how == "missing" else contents[0].write_bytes(b"evil")
    with pytest.raises(StoreError, match="missing or damaged"):
        import_runs(other, folder / "out")
    assert rows_of(other, "runs") == rows_of(other, "metrics") == []


REPLACED = "SELECT * REPLACE ({} AS {}) FROM t"


@pytest.mark.parametrize(
    ("table", "query", "words"),
    [
        ("artifacts", REPLACED.format("'../../evil'", "path"), "leads out"),
        ("artifacts", REPLACED.format("'/etc/passwd'", "path"), "leads out"),
        ("artifacts", REPLACED.format(r"'a\..\..\b'", "path"), "leads out"),
        ("artifacts", REPLACED.format("'../../../etc/passwd'", "digest"), "digest"),
        ("artifacts", REPLACED.format("NULL", "digest"), "digest"),
        ("runs", REPLACED.format("'DANCING'", "status"), "unknown status"),
        ("runs", REPLACED.format("NULL::BIGINT", "experiment_id"), "experiment"),
        ("runs", REPLACED.format("12", "experiment_id"), "experiment_id"),
        ("runs", REPLACED.format("12::BIGINT", "experiment_id"), "experiment"),
        ("runs", REPLACED.format("NULL::MAP(VARCHAR, VARCHAR)", "tags"), "tags"),
        ("runs", "SELECT * FROM t UNION ALL SELECT * FROM t", "twice"),
        ("runs", "SELECT *, 1 AS extra FROM t", "extra"),
        ("runs", "SELECT * EXCLUDE (status) FROM t", "status"),
        ("runs", REPLACED.format("run_id::VARCHAR", "run_id"), "run_id"),
        ("texts", REPLACED.format("'rm -rf'", "content"), "digest says"),
        ("experiments", REPLACED.format("NULL::VARCHAR", "name"), "no name"),
    ],
)
def test_what_celltrail_would_not_write_is_refused(
    store: Store, other: Store, folder: Path, table: str, query: str, words: str
) -> None:
    export_runs(store, [rich_run(store)], folder / "out")
    rewritten(folder / "out", table, query)
    with pytest.raises(StoreError, match="refused") as caught:
        import_runs(other, folder / "out")
    assert words in caught.value.message
    assert "\n" not in caught.value.message
    assert rows_of(other, "runs") == rows_of(other, "texts") == []


@pytest.mark.parametrize(
    ("path", "is_safe"),
    [
        ("a", True),
        ("a/b.c", True),
        ("..a/b..", True),
        ("a/../b", False),
        ("", False),
        (".", False),
        ("//x", False),
        ("\\\\host\\share", False),
        ("C:x", False),
        ("a\0b", False),
    ],
)
def test_paths_that_stay_inside(path: str, *, is_safe: bool) -> None:
    assert is_safe_path(path) == is_safe


def test_a_foreign_tool_reads_the_tables(store: Store, folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    run_id = rich_run(store)
    export_runs(store, [run_id], folder / "out")
    frame = pandas.read_parquet(folder / "out" / "metrics.parquet")
    assert sorted(frame.key.unique()) == ["auc", "loss"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "params": st.dictionaries(TEXTS, TEXTS, max_size=3),
    "metrics": st.dictionaries(TEXTS, st.lists(st.floats(), max_size=4), max_size=2),
    "files": st.dictionaries(st.sampled_from(["a", "b/c"]), st.binary(max_size=3)),
    "code": TEXTS,
    "status": st.sampled_from(["FINISHED", "FAILED", "KILLED"]),
}


@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(
    runs=st.lists(st.fixed_dictionaries(FACTS), min_size=1, max_size=4),
    here=st.lists(st.fixed_dictionaries(FACTS), max_size=2),
)
def test_any_runs_arrive_in_any_store(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[dict[str, Any]],
    here: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    source, target = open_store(folder / "a"), open_store(folder / "b")
    run_ids = [log_run(source, **facts) for facts in runs]
    own = [log_run(target, **facts) for facts in here]
    before = everything(target)
    export_runs(source, run_ids, folder / "out")
    import_runs(target, folder / "out")
    after = everything(target)
    for table, rows in everything(source).items():
        assert set(map(repr, after[table])) == {
            *map(repr, rows),
            *map(repr, before[table]),
        }
    assert len(after["runs"]) == len(run_ids) + len(own)
    assert import_runs(target, folder / "out").runs == ()
    assert everything(target) == after
    # And on to a third, which then equals the second's imported runs.
    shutil.rmtree(folder / "out")
    export_runs(target, run_ids, folder / "out")
    third = open_store(folder / "c")
    import_runs(third, folder / "out")
    assert everything(third) == everything(source)
