"""Backups: a store of their own, made while others log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from celltrail.errors import AlreadyExistsError
from celltrail.store import open_store
from celltrail.store.care.backup import backup
from celltrail.store.care.doctor import examine
from celltrail.store.care.mend import mend
from tests.store.samples import everything, log_run, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from celltrail.store import Store
    from tests.store.conftest import Spawn


def test_a_backup_is_a_store_with_the_same_runs(store: Store, folder: Path) -> None:
    log_run(
        store,
        params={"depth": "3"},
        metrics={"loss": [1, float("nan"), float("-inf")]},
        files={"model/a b.bin": b"\x00\x01", "ü.txt": b"u"},
        code="x = 1",
    )
    report = backup(store, folder / "saved here" / "today")
    assert (report.runs, report.artifacts, report.size) == (1, 2, 3)
    copy = open_store(report.path)
    assert copy.path == report.path
    assert everything(copy) == everything(store)
    with copy.artifacts.open(rows_of(copy, "artifacts")[0][2]) as file:
        assert file.read() == b"\x00\x01"
    assert examine(copy) == []


def test_views_work_and_the_id_is_another(store: Store, folder: Path) -> None:
    log_run(store, params={"a": "1"}, metrics={"loss": [3]})
    copy = open_store(backup(store, folder / "copy").path)
    for view in ("latest_metrics", "params", "tags", "metrics"):
        assert rows_of(copy, view) == rows_of(store, view)
    assert rows_of(copy, "store_info") != rows_of(store, "store_info")


def test_the_backup_can_be_logged_to(store: Store, folder: Path) -> None:
    log_run(store)
    copy = open_store(backup(store, folder / "copy").path)
    log_run(copy, "another")
    assert len(rows_of(copy, "runs")) == 2
    assert len(rows_of(store, "runs")) == 1


@pytest.mark.parametrize("occupied", ["folder", "file", "store"])
def test_what_is_there_is_not_overwritten(
    store: Store, folder: Path, occupied: str
) -> None:
    log_run(store)
    target = folder / "taken"
    if occupied == "file":
        target.write_text("mine")
    elif occupied == "folder":
        target.mkdir()
        (target / "mine").write_text("mine")
    else:
        backup(store, target)
    before = sorted(target.rglob("*"))
    with pytest.raises(AlreadyExistsError, match="new or an empty folder"):
        backup(store, target)
    assert sorted(target.rglob("*")) == before


def test_an_empty_folder_will_do(store: Store, folder: Path) -> None:
    (folder / "empty").mkdir()
    assert backup(store, folder / "empty").runs == 0


def test_a_backup_that_breaks_off_leaves_nothing(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_run(store, files={"a": b"a"})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("celltrail.store.care.backup._copy_artifacts", fail)
    with pytest.raises(OSError, match="No space"):
        backup(store, folder / "copy")
    assert [path.name for path in folder.iterdir()] == [".celltrail"]


def test_missing_and_damaged_artifacts_are_named(store: Store, folder: Path) -> None:
    log_run(store, files={"gone": b"gone", "bad": b"bad", "good": b"good"})
    rows = {row[1]: row[2] for row in rows_of(store, "artifacts")}
    for name in ("gone", "bad"):
        file = store.artifacts.path(rows[name])
        assert file is not None
        file.unlink() if name == "gone" else file.write_bytes(b"BAD")
    report = backup(store, folder / "copy")
    assert report.artifacts == 1
    assert sorted("is damaged: its" in line for line in report.damaged) == [False, True]


def test_it_has_all_that_was_logged_before_while_others_log(
    store: Store, folder: Path, spawn: Spawn
) -> None:
    ledger = folder / "ledger"
    ledger.mkdir()
    writers = [spawn("log_for_ever", store.path, ledger) for _ in range(2)]
    while len(acknowledged(ledger)) < 2 or min(acknowledged(ledger).values()) < 200:
        assert all(writer.poll() is None for writer in writers)
    for number in range(3):
        before = acknowledged(ledger)
        copy = open_store(backup(store, folder / str(number)).path)
        with copy.reading() as connection:
            rows = connection.execute(
                "SELECT replace(run_id::VARCHAR, '-', ''), count(*), max(step) + 1 "
                "FROM metrics GROUP BY 1"
            ).fetchall()
        assert all(count == steps for _, count, steps in rows)
        found = {run_id: count for run_id, count, _ in rows}
        assert all(found[run_id] >= count for run_id, count in before.items())


def acknowledged(ledger: Path) -> dict[str, int]:
    counts = {file.name: file.read_bytes() for file in ledger.iterdir()}
    return {
        run_id: int.from_bytes(count, "little")
        for run_id, count in counts.items()
        if len(count) == 8
    }


def test_runs_open_at_the_time_can_be_ended_in_the_copy(
    store: Store, folder: Path
) -> None:
    run_id = log_run(store, metrics={"loss": [1, 2]}, status=None)
    copy = open_store(backup(store, folder / "copy").path)
    assert any("RUNNING" in finding.what for finding in examine(copy))
    mend(copy)
    assert examine(copy) == []
    with copy.reading() as connection:
        rows = connection.execute("SELECT status, end_time >= start_time FROM runs")
        assert rows.fetchall() == [("KILLED", True)]
    assert len(rows_of(copy, "metrics_settled", f"run_id = '{run_id}'")) == 2
