"""The doctor: sees what is wrong, changes nothing by looking, mends what is safe."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from celltrail.errors import StoreError
from celltrail.store import events
from celltrail.store.care.doctor import examine
from celltrail.store.care.mend import mend
from celltrail.store.decisions import create_experiment
from tests.store.samples import age_files, log_run, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from celltrail.store import Store
    from celltrail.store.care.findings import Finding
    from tests.store.conftest import Rows, Spawn


def found(store: Store, words: str, *, deep: bool = False) -> Finding:
    """Return the one finding that has these words."""
    findings = examine(store, deep=deep)
    matching = [finding for finding in findings if words in finding.what]
    assert len(matching) == 1, [finding.what for finding in findings]
    return matching[0]


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_healthy_store_has_nothing_to_say(store: Store) -> None:
    log_run(store, metrics={"loss": [1]}, files={"a": b"a"}, code="x = 1")
    store.fold()
    assert examine(store, deep=True) == []


def test_an_empty_folder_has_nothing_to_say(store: Store) -> None:
    store.path.mkdir()
    assert examine(store) == []
    assert list(store.path.iterdir()) == []


def test_looking_changes_nothing(store: Store, spawn: Spawn) -> None:
    log_run(store, files={"a": b"a"})
    store.fold()
    log_run(store, status=None)
    store.journal.append(b"nonsense\n")
    process = spawn("hang", store.path, 10)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    before = snapshot(store.path)
    assert examine(store, deep=True)
    assert snapshot(store.path) == before


def test_unfolded_events_are_counted(store: Store) -> None:
    log_run(store)
    store.fold()
    run_id = log_run(store, status=None)
    store.journal.append(events.metric(run_id, "loss", 1.0, 0, 1))
    finding = found(store, "not folded yet")
    assert finding.what.startswith("4 events (")
    assert not finding.is_problem
    store.fold()
    assert examine(store) == []


def test_unreadable_lines_are_told_before_and_after_the_fold(store: Store) -> None:
    log_run(store)
    store.journal.append(b"{torn\n")
    store.journal.append(b'{"e":"?","t":1}\n')
    finding = found(store, "cannot be read")
    assert finding.what.startswith("2 journal lines cannot be read: {torn, ")
    assert finding.is_problem
    store.fold()
    after = found(store, "could not be read")
    assert after.what.startswith("2 journal lines")
    assert not after.is_problem


def test_a_torn_last_line_of_a_dead_session_is_no_problem(store: Store) -> None:
    log_run(store)
    with next(store.journals.glob("*.jsonl")).open("ab") as file:
        file.write(b'{"e":"m"')
    assert all("half written" not in finding.what for finding in examine(store))
    store.close()
    assert not found(store, "half written").is_problem


def test_dead_sessions_and_their_open_runs(store: Store, spawn: Spawn) -> None:
    process = spawn("hang", store.path, 3)
    assert process.stdout is not None
    process.stdout.readline()
    assert all("died" not in finding.what for finding in examine(store))
    process.kill()
    process.wait()
    finding = found(store, "died without a fold")
    assert "1 run of theirs will be KILLED" in finding.what
    mend(store)
    assert examine(store) == []


def test_a_run_known_as_running_whose_session_died(store: Store, rows: Rows) -> None:
    log_run(store, "lonely", status=None)
    store.fold()
    assert examine(store) == []
    store.close()
    finding = found(store, "RUNNING of dead sessions: lonely")
    assert finding.is_fixed_by_fold
    assert rows("SELECT status FROM runs") == [("KILLED",)]
    assert examine(store) == []


def test_a_run_whose_journal_was_lost(store: Store, rows: Rows) -> None:
    log_run(store, "lost", metrics={"loss": [1, 2]}, status=None)
    store.fold()
    store.close()
    for file in store.journals.iterdir():
        file.unlink()
    assert found(store, "have no journal here: lost").is_fixed_by_mending
    assert "Ended 1 run as KILLED." in mend(store)
    assert examine(store) == []
    assert rows("SELECT count(*) FROM metrics_settled") == [(2,)]


def test_a_journal_cut_short(store: Store) -> None:
    log_run(store)
    store.fold()
    os.truncate(next(store.journals.glob("*.jsonl")), 10)
    assert found(store, "shorter than what was folded").is_problem


def test_missing_damaged_and_changed_artifacts(store: Store) -> None:
    log_run(store, "r", files={"gone": b"gone", "short": b"short", "same": b"same"})
    paths = {
        row[1]: store.artifacts.path(row[2]) for row in rows_of(store, "artifacts")
    }
    gone, short, same = (paths[name] for name in ("gone", "short", "same"))
    assert gone is not None
    gone.unlink()
    assert short is not None
    short.write_bytes(b"sho")
    assert same is not None
    same.write_bytes(b"SAME")
    assert found(store, "missing").what == "1 artifact missing: r/gone."
    assert found(store, "damaged").what == "1 artifact damaged: r/short."
    assert "r/same" in found(store, "damaged", deep=True).what


def test_files_of_no_run_and_broken_off_writes(store: Store) -> None:
    log_run(store, files={"a": b"a"})
    store.fold()
    store.artifacts.put_bytes(b"orphan")
    leftover = store.path / "artifacts" / "tmp-1"
    leftover.write_bytes(b"half")
    assert examine(store) == []  # they may have been written this moment
    age_files(store)
    assert "(6 bytes)" in found(store, "no run refers to").what
    assert found(store, "broke off").is_fixed_by_mending
    mend(store)
    assert not leftover.exists()
    assert [finding.what for finding in examine(store)] == [
        "1 artifact file (6 bytes) that no run refers to."
    ]


def test_a_content_whose_event_is_not_folded_is_needed(store: Store) -> None:
    log_run(store)
    store.fold()
    log_run(store, files={"a": b"a"})
    age_files(store)
    assert all("refers" not in finding.what for finding in examine(store))


def test_runs_of_a_lost_experiment(store: Store, rows: Rows) -> None:
    create_experiment(store, "recovered-7")
    log_run(store, experiment=7)
    store.fold()
    assert found(store, "not there any more: 7").is_fixable
    mend(store)
    assert examine(store) == []
    assert rows("SELECT name[:12] FROM experiments WHERE experiment_id = 7") == [
        ("recovered-7-",)
    ]


def test_points_left_among_the_live_ones(store: Store, rows: Rows) -> None:
    run_id = log_run(store)
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO metrics_hot VALUES (?, 'loss', 0, 1, now()::TIMESTAMP)",
            [run_id],
        )
    assert found(store, "1 metric point").is_fixable
    mend(store)
    assert rows("SELECT count(*) FROM metrics_settled") == [(1,)]
    assert examine(store) == []


def test_a_database_held_by_another_process(store: Store, spawn: Spawn) -> None:
    log_run(store)
    store.fold()
    process = spawn("hold_lock", store.path)
    assert process.stdout is not None
    process.stdout.readline()
    assert str(process.pid) in found(store, "busy").what


def test_a_database_that_a_shell_holds_open(store: Store) -> None:
    log_run(store)
    store.fold()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        finding = found(store, "held open by process")
        assert str(shell.pid) in finding.what
        shell.communicate("")
    assert examine(store) == []


@pytest.mark.parametrize(
    "content", [b"", b"hello world" * 999, b"SQLite format 3\0" + b"\0" * 4080]
)
def test_a_foreign_file_is_a_finding_and_left_alone(
    store: Store, content: bytes
) -> None:
    log_run(store)
    store.database.write_bytes(content)
    finding = found(store, str(store.database))
    assert finding.is_problem
    assert found(store, "not folded yet").what.startswith("5 events")
    with pytest.raises(StoreError):
        mend(store)
    assert store.database.read_bytes() == content


def test_a_truncated_and_a_corrupt_file(store: Store) -> None:
    log_run(store, metrics={"loss": [0.5] * 10_000})
    store.fold()
    whole = store.database.read_bytes()
    store.database.write_bytes(whole[: len(whole) // 2])
    assert examine(store)[0].is_problem
    store.database.write_bytes(whole[:20_000] + bytes(len(whole) - 20_000))
    finding = examine(store)[0]
    assert finding.is_problem
    assert "backup" in finding.mend
    store.database.write_bytes(whole)
    assert examine(store) == []


def test_the_tables_of_somebody_else(store: Store) -> None:
    store.path.mkdir()
    with duckdb.connect(str(store.database)) as connection:
        connection.execute("CREATE TABLE sales (amount INTEGER)")
    assert "sales" in found(store, "not celltrail's").what


def test_a_newer_schema(store: Store) -> None:
    log_run(store)
    with store.writing() as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (99, 'x', now())")
    assert "version 99" in found(store, "schema").what


def test_a_missing_database_is_made_from_the_journals(store: Store) -> None:
    log_run(store)
    assert found(store, "There is no trail.duckdb").is_fixable
    mend(store)
    assert examine(store) == []


def test_problems_come_first(store: Store) -> None:
    log_run(store, files={"a": b"a"})
    path = store.artifacts.path(rows_of(store, "artifacts")[0][2])
    assert path is not None
    path.unlink()
    log_run(store)
    kinds = [finding.is_problem for finding in examine(store)]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {True, False}


def test_a_write_under_way_is_not_swept(store: Store) -> None:
    log_run(store, files={"a": b"a"})
    leftover = store.path / "artifacts" / "tmp-1"
    leftover.write_bytes(b"half")
    age_files(store, hours=0.5)
    mend(store)
    assert leftover.exists()
