"""Garbage collection: what was deleted goes, what is active stays whole."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrail.store import events, open_store
from celltrail.store.care.gc import collect
from celltrail.store.decisions import (
    create_experiment,
    set_experiment_stage,
    set_run_stage,
)
from tests.store.samples import age_files, everything, log_run, rows_of

if TYPE_CHECKING:
    from celltrail.store import Store
    from tests.store.conftest import Rows, Spawn

CONTENTS = st.sampled_from([b"", b"one", b"two", b"three"])
RUN_FACTS: dict[str, st.SearchStrategy[Any]] = {
    "params": st.dictionaries(st.sampled_from("abc"), st.text(max_size=3), max_size=2),
    "metrics": st.dictionaries(
        st.sampled_from("lm"), st.lists(st.floats(), max_size=4), max_size=2
    ),
    "files": st.dictionaries(st.sampled_from("xyz"), CONTENTS, max_size=3),
    "code": st.sampled_from(["", "a = 1", "b = 2", "c = 3"]),
    "status": st.sampled_from(["FINISHED", "FAILED", None]),
}
OTHER_TABLES = ("metrics", "param_history", "artifacts", "inputs")


def contents(store: Store) -> set[bytes]:
    folder = store.path / "artifacts"
    return {file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_nothing_is_removed_from_a_store_without_deletions(store: Store) -> None:
    log_run(store, metrics={"loss": [1, 2]}, files={"a.txt": b"a"}, code="x = 1")
    age_files(store)
    before = everything(store)
    assert collect(store).found_nothing
    assert everything(store) == before
    assert contents(store) == {b"a"}


def test_a_deleted_run_goes_with_all_that_only_it_had(store: Store) -> None:
    kept = log_run(store, "kept", params={"a": "1"}, files={"k": b"kept", "s": b"both"})
    gone = log_run(store, "gone", params={"a": "1"}, files={"g": b"gone", "s": b"both"})
    store.close()
    set_run_stage(store, [gone], "deleted")
    age_files(store)
    report = collect(store)
    assert report.runs == (gone,)
    assert (report.artifacts, report.artifact_bytes) == (1, 4)
    assert contents(store) == {b"kept", b"both"}
    for table in ("runs", *OTHER_TABLES):
        assert rows_of(store, table, f"run_id = '{gone}'") == []
    assert len(rows_of(store, "inputs", f"run_id = '{kept}'")) == 1


def test_a_dry_run_says_the_same_and_changes_nothing(store: Store) -> None:
    gone = log_run(store, metrics={"loss": [1.0]}, files={"g": b"gone"}, code="x")
    store.close()
    set_run_stage(store, [gone], "deleted")
    age_files(store)
    before = everything(store)
    promised = collect(store, dry_run=True)
    assert everything(store) == before
    assert contents(store) == {b"gone"}
    done = collect(store)
    assert promised.dry_run
    for field in ("runs", "artifacts", "artifact_bytes", "texts", "text_bytes"):
        assert getattr(promised, field) == getattr(done, field)
    assert done.texts == 1


def test_the_database_file_shrinks_and_forgets(store: Store) -> None:
    value = "correct horse battery staple"
    points = [step / 7 for step in range(20_000)]
    gone = log_run(store, params={"horse": value}, metrics={"loss": points})
    log_run(store, "kept", metrics={"loss": [1.0]})
    store.close()
    set_run_stage(store, [gone], "deleted")
    report = collect(store)
    assert report.database_after < report.database_before
    assert report.database_after == store.database.stat().st_size
    assert value.encode() not in store.database.read_bytes()
    assert rows_of(store, "metrics_settled") != []
    assert list((store.path / "tmp").rglob("*.duckdb")) == []


def test_runs_deleted_recently_can_be_spared(store: Store) -> None:
    gone = log_run(store)
    store.close()
    set_run_stage(store, [gone], "deleted")
    assert collect(store, older_than=timedelta(days=1)).found_nothing
    assert collect(store, older_than=timedelta(0)).runs == (gone,)


def test_a_deleted_run_that_a_living_process_writes_stays(
    store: Store, spawn: Spawn
) -> None:
    process = spawn("hang", store.path, 10)
    assert process.stdout is not None
    running = process.stdout.readline().strip()
    set_run_stage(store, [running], "deleted")
    report = collect(store)
    assert (report.runs, report.running) == ((), (running,))
    process.kill()
    process.wait()
    assert collect(store).runs == (running,)


def test_a_deleted_experiment_goes_and_its_id_is_not_given_again(
    store: Store,
) -> None:
    first = create_experiment(store, "first")
    log_run(store, experiment=int(first))
    set_experiment_stage(store, first, "deleted")
    assert collect(store).experiments == ("first",)
    assert [row[1] for row in rows_of(store, "experiments")] == ["Default"]
    assert int(create_experiment(store, "first")) > int(first)


def test_a_deleted_experiment_with_an_active_run_stays(store: Store) -> None:
    number = create_experiment(store, "busy")
    set_experiment_stage(store, number, "deleted")
    log_run(store, experiment=int(number))
    assert collect(store).experiments == ()


def test_the_default_experiment_loses_its_runs_only(store: Store) -> None:
    gone = log_run(store)
    set_experiment_stage(store, "0", "deleted")
    report = collect(store)
    assert (report.runs, report.experiments) == ((gone,), ())
    assert len(rows_of(store, "experiments")) == 1


def test_a_fresh_file_without_an_event_is_left_to_its_writer(store: Store) -> None:
    log_run(store)
    store.artifacts.put_bytes(b"its event comes next")
    assert collect(store).artifacts == 0
    age_files(store)
    assert collect(store).artifacts == 1
    assert contents(store) == set()


def test_putting_the_same_content_again_renews_it(store: Store) -> None:
    log_run(store)
    store.artifacts.put_bytes(b"again")
    age_files(store)
    store.artifacts.put_bytes(b"again")
    assert collect(store).artifacts == 0


def test_a_content_renewed_at_the_last_moment_is_put_back(store: Store) -> None:
    digest, _ = store.artifacts.put_bytes(b"again")
    limit = time.time() - 1
    assert not store.artifacts.discard(digest, before=limit)
    assert store.artifacts.exists(digest)
    assert list(store.artifacts.leftovers()) == []


def test_an_unfolded_event_keeps_its_content(store: Store) -> None:
    log_run(store, files={"a": b"a"}, status=None)
    age_files(store)
    assert collect(store).artifacts == 0
    assert contents(store) == {b"a"}


def test_broken_off_writes_are_removed_when_old(store: Store) -> None:
    log_run(store, files={"a": b"a"})
    leftover = store.path / "artifacts" / "tmp-0123"
    leftover.write_bytes(b"half")
    assert collect(store).artifacts == 0
    age_files(store)
    assert collect(store).artifact_bytes == 4
    assert not leftover.exists()


def test_the_trail_stays_whole_while_one_of_its_runs_is_left(
    store: Store, rows: Rows
) -> None:
    gone = log_run(store, "gone", code="data = load()")
    kept = log_run(store, "kept", code="fit(data)")
    store.close()
    set_run_stage(store, [gone], "deleted")
    assert collect(store).texts == 0
    query = "SELECT content FROM cells JOIN texts ON code_digest = digest ORDER BY seq"
    assert rows(query) == [("data = load()",), ("fit(data)",)]
    set_run_stage(store, [kept], "deleted")
    assert collect(store).texts == 2
    assert rows(
        "SELECT (SELECT count(*) FROM cells), (SELECT count(*) FROM sessions)"
    ) == [(0, 0)]


def test_texts_that_a_living_session_has_sent_stay(store: Store, rows: Rows) -> None:
    gone = log_run(store, status=None)
    digest, line = events.text_blob("numpy==2.0")
    store.journal.append(line)
    store.journal.append(events.text(events.CONTEXT, gone, "packages", digest))
    store.journal.append(events.run_status(gone, "FINISHED"))
    set_run_stage(store, [gone], "deleted")
    report = collect(store)
    assert report.runs == (gone,)
    assert report.texts_kept
    # The session knows that it has sent the text, and from now on only refers to it.
    assert rows("SELECT digest FROM texts") == [(digest,)]
    store.close()
    assert collect(store).texts == 1


def test_the_trail_of_a_living_session_stays_until_it_ends(
    store: Store, rows: Rows
) -> None:
    gone = log_run(store, code="x = 1")
    set_run_stage(store, [gone], "deleted")
    assert collect(store).runs == (gone,)
    assert rows("SELECT content FROM texts") == [("x = 1",)]
    store.close()
    assert collect(store).texts == 1
    assert rows_of(store, "cells") == []


def test_others_log_and_read_while_it_collects(store: Store, spawn: Spawn) -> None:
    gone = [log_run(store, metrics={"loss": [1.0] * 50}) for _ in range(5)]
    processes = [spawn("log", store.path, 200) for _ in range(3)]
    for run_id in gone:
        set_run_stage(store, [run_id], "deleted")
        collect(store)
    logged = {process.communicate()[0].strip() for process in processes}
    found = rows_of(store, "runs")
    assert {row[0].replace("-", "") for row in found} == logged
    assert len(rows_of(store, "metrics")) == 600


@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(data=st.data())
def test_no_deletion_costs_an_active_run_anything(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(tmp_path_factory.mktemp("store"))
    numbers = [0, *(int(create_experiment(store, name)) for name in ("one", "two"))]
    facts = st.fixed_dictionaries(RUN_FACTS)
    runs = [
        log_run(
            store, experiment=data.draw(st.sampled_from(numbers)), **data.draw(facts)
        )
        for _ in range(data.draw(st.integers(1, 6)))
    ]
    if data.draw(st.booleans()):
        store.close()
    deleted = data.draw(st.sets(st.sampled_from(runs)))
    set_run_stage(store, sorted(deleted), "deleted")
    if data.draw(st.booleans()):
        set_experiment_stage(store, str(numbers[2]), "deleted")
    age_files(store)
    active = "lifecycle_stage = 'active'"
    of_active = f"run_id IN (SELECT run_id FROM runs WHERE {active})"
    tables = ("runs", *OTHER_TABLES)
    before = {table: rows_of(store, table, of_active) for table in tables}
    cells = rows_of(store, "cells", of_active)
    collect(store)
    assert {table: rows_of(store, table, of_active) for table in tables} == before
    assert rows_of(store, "cells", of_active) == cells
    with store.reading() as connection:
        rows = connection.execute(f"SELECT digest FROM artifacts WHERE {of_active}")
        assert all(store.artifacts.exists(digest) for (digest,) in rows.fetchall())
        lost = connection.execute(
            "SELECT 1 FROM runs ANTI JOIN texts ON context['code'] = digest "
            "WHERE context['code'] IS NOT NULL"
        )
        assert lost.fetchall() == []
    store.close()
    # Whatever is left is what is active, or what somebody may still write.
    assert collect(store).running == ()
    age_files(store)
    collect(store)
    assert rows_of(store, "runs", f"NOT {active}") == []
    with store.reading() as connection:
        rows = connection.execute("SELECT DISTINCT digest FROM artifacts")
        digests = {digest for (digest,) in rows.fetchall()}
    assert {content.name for content in store.artifacts.contents()} == digests
