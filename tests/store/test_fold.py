"""The fold: what was logged is what the database says, exactly once."""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from celltrail.store import events
from celltrail.store import journal as journal_module
from celltrail.store import stage as stage_module
from celltrail.store.ids import new_id
from tests.store import workers

if TYPE_CHECKING:
    from celltrail.store import Store
    from tests.store.conftest import Rows, Spawn


@pytest.fixture
def run_id(store: Store) -> str:
    """Return the id of an open run."""
    return str(workers.start_run(store, "first"))


def log(store: Store, *lines: bytes) -> None:
    for line in lines:
        store.journal.append(line)


def metric(run_id: str, value: float, step: int = 0, time_ns: int = 10**18) -> bytes:
    return events.metric(run_id, "m", value, step, time_ns)


def test_a_run_becomes_one_row(store: Store, run_id: str, rows: Rows) -> None:
    log(
        store,
        events.text(events.PARAM, run_id, "lr", "0.1"),
        events.text(events.TAG, run_id, "mlflow.user", "ana"),
        events.text(events.VALUE, run_id, "rows", "569"),
        events.text(events.CONTEXT, run_id, "host", "here"),
        metric(run_id, 0.5),
        events.run_status(run_id, "FINISHED"),
    )
    [row] = rows(
        "SELECT name, status, user_id, params, metrics, \"values\", context['host'] "
        "FROM runs"
    )
    assert row == (
        "first",
        "FINISHED",
        "ana",
        {"lr": "0.1"},
        {"m": 0.5},
        {"rows": "569"},
        "here",
    )


def test_every_read_sees_what_was_written_before(
    store: Store, run_id: str, rows: Rows
) -> None:
    for step in range(5):
        log(store, metric(run_id, step, step))
        assert rows("SELECT count(*), max(step) FROM metrics") == [(step + 1, step)]


def test_folding_again_changes_nothing(store: Store, run_id: str, rows: Rows) -> None:
    log(store, metric(run_id, 1.0))
    before = rows("SELECT * FROM runs"), rows("SELECT * FROM metrics")
    store.fold()
    store.fold()
    assert (rows("SELECT * FROM runs"), rows("SELECT * FROM metrics")) == before


@pytest.mark.parametrize(
    ("points", "latest"),
    [
        ([(1.0, 1, 5), (2.0, 0, 9)], 1.0),  # the step decides
        ([(1.0, 1, 5), (2.0, 1, 4)], 1.0),  # then the time
        ([(1.0, 1, 5), (2.0, 1, 5), (1.5, 1, 5)], 2.0),  # then the value
        ([(-1.0, -3, 5), (-2.0, -2, 1)], -2.0),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_latest_metric_is_mlflows(
    store: Store,
    run_id: str,
    rows: Rows,
    points: list[tuple[float, int, int]],
    latest: float,
    together: bool,
) -> None:
    for value, step, milliseconds in points:
        log(store, metric(run_id, value, step, milliseconds * 1_000_000))
        if not together:
            store.fold()
    assert rows("SELECT metrics['m'] FROM runs") == [(latest,)]
    values = [value for value, _, _ in points]
    [stats] = rows('SELECT "min", "max", "count" FROM latest_metrics')
    assert stats == (min(values), max(values), len(values))


def test_nan_and_infinities_are_kept_and_do_not_spoil_the_range(
    store: Store, run_id: str, rows: Rows
) -> None:
    for step, value in enumerate([1.0, math.nan, math.inf, -math.inf, 2.0]):
        log(store, metric(run_id, value, step))
    [(values,)] = rows("SELECT list(value ORDER BY step) FROM metrics")
    assert [repr(value) for value in values] == ["1.0", "nan", "inf", "-inf", "2.0"]
    assert rows('SELECT value, "min", "max" FROM latest_metrics') == [
        (2.0, -math.inf, math.inf)
    ]


def test_a_param_keeps_the_newest_value_and_remembers_the_older(
    store: Store, run_id: str, rows: Rows
) -> None:
    for value in ("1", "2", "2", "3"):
        log(store, events.text(events.PARAM, run_id, "lr", value))
    store.fold()
    log(store, events.text(events.PARAM, run_id, "lr", "4"))
    assert rows("SELECT params['lr'] FROM runs") == [("4",)]
    history = rows("SELECT value FROM param_history ORDER BY replaced_time, value")
    assert history == [("1",), ("2",), ("3",)]


@pytest.mark.parametrize("together", [True, False])
def test_a_deleted_tag_is_gone_and_the_others_stay(
    store: Store, run_id: str, rows: Rows, together: bool
) -> None:
    log(store, events.text(events.TAG, run_id, "a", "1"))
    log(store, events.text(events.TAG, run_id, "b", "2"))
    if not together:
        store.fold()
    log(store, events.text(events.TAG, run_id, "a", None))
    assert rows("SELECT tags FROM runs") == [({"mlflow.runName": "first", "b": "2"},)]


def test_texts_keep_the_order_in_which_they_were_first_logged(
    store: Store, run_id: str, rows: Rows
) -> None:
    for key in "cab":
        log(store, events.text(events.PARAM, run_id, key, "1"))
    store.fold()
    for key in "dcb":
        log(store, events.text(events.PARAM, run_id, key, "2"))
    [(params,)] = rows("SELECT params FROM runs")
    assert list(params) == ["c", "a", "b", "d"]


def test_within_a_session_the_order_of_lines_beats_the_clock(
    store: Store, run_id: str, rows: Rows
) -> None:
    log(store, events.text(events.PARAM, run_id, "lr", "old", time=2 * 10**18))
    log(store, events.text(events.PARAM, run_id, "lr", "new", time=10**18))
    assert rows("SELECT params['lr'] FROM runs") == [("new",)]


def test_points_of_an_ended_run_are_settled_in_order(
    store: Store, run_id: str, rows: Rows
) -> None:
    other = new_id()
    log(store, events.run_started(other, 0))
    for step in (3, 1, 2):
        log(store, metric(run_id, step, step), metric(other, step, step))
    store.fold()
    assert rows("SELECT count(*) FROM metrics_hot") == [(6,)]
    log(store, metric(run_id, 0, 0), events.run_status(run_id, "FINISHED"))
    assert rows("SELECT step FROM metrics_settled") == [(0,), (1,), (2,), (3,)]
    assert rows("SELECT DISTINCT run_id::VARCHAR FROM metrics_hot") == [
        (f"{other[:8]}-{other[8:12]}-{other[12:16]}-{other[16:20]}-{other[20:]}",)
    ]


def test_a_point_that_comes_after_the_end_is_kept(
    store: Store, run_id: str, rows: Rows
) -> None:
    log(store, events.run_status(run_id, "FINISHED"))
    store.fold()
    log(store, metric(run_id, 0.5))
    assert rows("SELECT metrics['m'], status FROM runs") == [(0.5, "FINISHED")]
    assert rows("SELECT count(*) FROM metrics") == [(1,)]


def test_a_run_taken_up_again_runs_and_ends_again(
    store: Store, run_id: str, rows: Rows
) -> None:
    log(store, events.run_status(run_id, "FAILED"))
    store.fold()
    log(store, events.run_status(run_id, "RUNNING"), metric(run_id, 1.0))
    assert rows("SELECT status, end_time FROM runs") == [("RUNNING", None)]
    log(store, events.run_status(run_id, "FINISHED"))
    assert rows("SELECT status, end_time > start_time FROM runs") == [
        ("FINISHED", True)
    ]


def test_events_of_a_run_whose_beginning_is_lost_are_kept(
    store: Store, rows: Rows
) -> None:
    run_id = new_id()
    log(store, metric(run_id, 0.5), events.text(events.PARAM, run_id, "lr", "1"))
    assert rows("SELECT name, metrics['m'], params['lr'], status FROM runs") == [
        (f"recovered-{run_id[-8:]}", 0.5, "1", "RUNNING")
    ]


def test_a_beginning_that_is_read_late_still_counts(store: Store, rows: Rows) -> None:
    # A worker's journal may be read past the moment at which its parent's was.
    run_id, begun = new_id(), 10**18
    log(store, metric(run_id, 0.5, time_ns=begun + 5_000_000))
    store.fold()
    log(
        store,
        events.run_started(run_id, 7, begun),
        events.text(events.TAG, run_id, "mlflow.runName", "late", begun),
    )
    assert rows("SELECT experiment_id, name, epoch_ns(start_time) FROM runs") == [
        (7, "late", begun)
    ]
    log(store, metric(run_id, 0.25, 1))
    assert rows("SELECT experiment_id, epoch_ns(start_time) FROM runs") == [(7, begun)]


def test_what_is_not_the_fault_of_lines_puts_none_into_quarantine(
    store: Store,
) -> None:
    with store.writing() as connection:
        stage_module.stage(connection, stage_module.Batch(), store.path / "tmp")
        with pytest.raises(duckdb.IOException):
            stage_module._read(connection, [store.path / "missing.jsonl"])


def test_a_clock_that_was_set_back_does_not_keep_a_view_fresh(
    store: Store, run_id: str
) -> None:
    store.fold()
    later = time.time() + 3600
    os.utime(store.path / "fold.lock", (later, later))
    log(store, metric(run_id, 1.0))
    with store.reading(max_age=60) as connection:
        found = connection.execute("SELECT count(*) FROM metrics").fetchall()
    assert found == [(1,)]


def test_artifacts_inputs_texts_cells_and_sessions_are_kept(
    store: Store, run_id: str, rows: Rows
) -> None:
    digest, blob = events.text_blob("print(1)")
    facts = {"source_type": "local", "source": "a.csv", "tags": {"context": "train"}}
    cell = {
        "cell_id": "c1",
        "execution_count": 3,
        "notebook": "a.ipynb",
        "code": digest,
        "status": "ok",
        "start": time.time_ns(),
        "duration": 0.25,
    }
    log(
        store,
        blob,
        blob,
        events.artifact(run_id, "a/b.txt", "d1", 3),
        events.artifact(run_id, "a/b.txt", "d2", 4),
        events.dataset_input(run_id, "wine", "w1", facts),
        events.dataset_input(run_id, "wine", "w1", facts),
        events.cell(run_id, 7, cell),
        events.cell(None, 8, cell),
    )
    assert rows("SELECT path, digest, size FROM artifacts") == [("a/b.txt", "d2", 4)]
    assert rows("SELECT name, source, tags FROM inputs") == [
        ("wine", "a.csv", {"context": "train"})
    ]
    assert rows("SELECT * FROM texts") == [(digest, "print(1)")]
    assert rows("SELECT seq, run_id IS NULL, duration FROM cells ORDER BY seq") == [
        (7, False, 0.25),
        (8, True, 0.25),
    ]
    assert rows("SELECT replace(session_id::VARCHAR, '-', '') FROM sessions") == [
        (store.session_id,)
    ]


GARBAGE = [
    b"garbage",
    b"",
    b"\xff\xfe\x00",
    b'{"e":"m","r":"nobody","k":"m","s":1,"v":1,"t":1}',
    b'{"e":"m","r":"%s","k":"m","s":99999999999999999999,"v":1,"t":1}',
    b'{"e":"m","r":"%s","k":"m","s":1,"v":"much","t":1}',
    b'{"e":"m","r":"%s","k":"m"}{"e":"m"}',
    b'{"e":"p","r":"%s","k":"\\ud800","x":"y","t":1}',
    b"[1, 2]",
    b"3",
    b'"text"',
    b"null",
    b"{}",
    b'{"e":"??","t":1}',
    b'{"e":"e","r":"%s","x":"DONE","t":1}',
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_bad_line_goes_to_quarantine_and_the_others_count(
    store: Store, run_id: str, rows: Rows, garbage: bytes
) -> None:
    line = garbage.replace(b"%s", run_id.encode())
    log(store, metric(run_id, 1, 1), line + b"\n", metric(run_id, 2, 2))
    assert rows("SELECT value FROM metrics ORDER BY step") == [(1.0,), (2.0,)]
    quarantined = rows("SELECT line, reason FROM quarantine")
    assert len(quarantined) == (1 if garbage else 0)
    assert all(reason for _, reason in quarantined)


def test_many_bad_lines_among_many(store: Store, run_id: str, rows: Rows) -> None:
    for step in range(500):
        log(store, metric(run_id, step, step))
        if step % 50 == 0:
            log(store, b"bad %d\n" % step)
    assert rows("SELECT count(*) FROM metrics") == [(500,)]
    assert rows('SELECT line, "offset" > 0 FROM quarantine ORDER BY "offset"') == [
        (f"bad {step}", True) for step in range(0, 500, 50)
    ]


def test_a_torn_last_line_waits_while_its_session_lives(
    store: Store, run_id: str, rows: Rows
) -> None:
    line = metric(run_id, 1.0)
    log(store, line[:10])
    assert rows("SELECT count(*) FROM metrics") == [(0,)]
    log(store, line[10:])
    assert rows("SELECT count(*) FROM metrics") == [(1,)]
    assert rows("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_torn_last_line_of_a_dead_session_is_quarantined(
    store: Store, run_id: str, rows: Rows
) -> None:
    log(store, metric(run_id, 1.0), b'{"e":"m","r":"')
    store.close()
    assert rows("SELECT count(*) FROM metrics") == [(1,)]
    assert rows("SELECT line, reason FROM quarantine") == [
        ('{"e":"m","r":"', "torn: the line has no end")
    ]


def test_the_files_of_a_dead_session_are_swept_and_its_runs_killed(
    store: Store, run_id: str, rows: Rows
) -> None:
    log(store, metric(run_id, 1.0))
    store.close()
    assert rows("SELECT status, end_time >= start_time FROM runs") == [("KILLED", True)]
    assert list(store.journals.iterdir()) == []
    assert rows("SELECT count(*) FROM metrics_settled") == [(1,)]
    workers.start_run(store)
    assert rows("SELECT journal FROM journals") == [
        (f"{store.session_id}-000001.jsonl",)
    ]


def test_a_run_killed_after_everything_was_folded_shows_as_killed(
    store: Store, rows: Rows, spawn: Spawn
) -> None:
    process = spawn("hang", store.path, 3)
    assert process.stdout is not None
    process.stdout.readline()
    assert rows("SELECT status FROM runs") == [("RUNNING",)]
    process.kill()
    process.wait()
    assert rows("SELECT status FROM runs") == [("KILLED",)]


def test_segments_are_deleted_when_folded_but_for_the_live_one(
    store: Store, run_id: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2000)
    store.close()  # the next segment has the new size
    for step in range(200):
        log(store, metric(run_id, step, step))
    assert rows("SELECT count(*), count(DISTINCT step) FROM metrics") == [(200, 200)]
    store.fold()
    assert len(list(store.journals.glob("*.jsonl"))) == 1


def test_full_segments_wait_for_one_fold_and_not_for_one_each(
    store: Store, run_id: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2000)
    store.close()  # the next segment has the new size
    with store.writing():
        for step in range(200):
            log(store, metric(run_id, step, step))
        names = [thread.name for thread in threading.enumerate()]
    assert names.count("celltrail-fold") == 1
    assert rows("SELECT count(*) FROM metrics") == [(200,)]


def test_a_backlog_is_folded_in_batches(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2000)
    monkeypatch.setattr(stage_module, "BATCH_BYTES", 3000)
    monkeypatch.setattr(store, "_fold_behind", lambda: None)
    store.journal = store._new_journal()
    run_id = workers.start_run(store)
    for step in range(200):
        log(store, metric(run_id, step, step))
    store.close()
    assert rows("SELECT count(*), count(DISTINCT step) FROM metrics") == [(200, 200)]
    assert rows("SELECT status FROM runs") == [("KILLED",)]


def test_a_failing_fold_leaves_everything_to_the_next(
    store: Store, run_id: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celltrail.store import fold as fold_module

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    log(store, metric(run_id, 1.0))
    with monkeypatch.context() as patch:
        patch.setattr(fold_module, "_move_offsets", fail)
        with pytest.raises(KeyboardInterrupt):
            store.fold()
    assert rows("SELECT count(*) FROM metrics") == [(1,)]
    assert rows("SELECT count(*) FROM runs") == [(1,)]


def test_a_store_on_a_path_with_spaces_quotes_and_unicode(folder: Any) -> None:
    from celltrail.store import open_store

    store = open_store(folder / "we ird 'q' [1]* größe 数")
    workers.log_points(store, workers.start_run(store), 3)
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM metrics").fetchall() == [(3,)]
