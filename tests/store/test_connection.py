"""The traps of one database file under many processes, each with its remedy."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from celltrail.errors import StoreBusyError, StoreError
from celltrail.store import connection as connection_module
from celltrail.store import open_store
from tests.store import workers

if TYPE_CHECKING:
    from celltrail.store import Store
    from tests.store.conftest import Rows, Spawn

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")

_COMMIT_ELSEWHERE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO store_info VALUES ('other', 'process')")
connection.close()
"""


def commit_elsewhere(database: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _COMMIT_ELSEWHERE, str(database)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_between_operations_the_file_is_free_for_others(
    store: Store, rows: Rows
) -> None:
    rows("SELECT 1")
    assert commit_elsewhere(store.database).returncode == 0
    assert rows("SELECT value FROM store_info WHERE key = 'other'") == [("process",)]


def test_while_it_is_attached_no_other_process_can_write(store: Store) -> None:
    with store.writing():
        refused = commit_elsewhere(store.database)
    assert refused.returncode == 1
    assert "lock" in refused.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
def test_opening_the_attached_file_would_drop_duckdbs_lock(
    store: Store, rows: Rows
) -> None:
    # The trap itself: should an update of DuckDB ever close it, this test says so.
    rows("SELECT 1")
    with store.writing():
        store.database.open("rb").close()
        assert commit_elsewhere(store.database).returncode == 0


def test_no_module_opens_the_database_file(store: Store) -> None:
    opened: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open":
            opened.append(str(arguments[0]))

    watching = True
    sys.addaudithook(watch)
    workers.log_points(store, workers.start_run(store), 10)
    store.fold()
    with store.reading(), store.reading():
        pass
    watching = False
    assert any(name.endswith(".jsonl") for name in opened)
    assert not [name for name in opened if "trail.duckdb" in name]


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_an_instance_and_a_session_of_its_own(
    store: Store, rows: Rows
) -> None:
    run_id = workers.start_run(store)
    rows("SELECT 1")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            workers.log_points(store, run_id, 100)
            store.fold()
            status = 0
        finally:
            os._exit(status)
    workers.log_points(store, run_id, 100)
    assert os.waitpid(child, 0)[1] == 0
    assert rows("SELECT count(*) FROM metrics") == [(200,)]
    assert rows("SELECT status FROM runs") == [("RUNNING",)]
    assert rows("SELECT count(*) FROM sessions") == [(2,)]


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_can_end_like_any_program(store: Store) -> None:
    # Destroying an inherited DuckDB instance crashes: the child must not.
    script = """
import os, sys
from celltrail.store import open_store
store = open_store(sys.argv[1])
store.fold()
child = os.fork()
if child == 0:
    store.fold()
    sys.exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""
    command = [sys.executable, "-W", "ignore", "-c", script, str(store.path)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


@forks
def test_a_forked_child_does_not_sync_its_parents_journal(store: Store) -> None:
    script = """
import os, sys
from celltrail.store import events, open_store
store = open_store(sys.argv[1])
store.journal.append(events.session({}))
store.journal.sync_soon()
child = os.fork()
if child == 0:
    sys.exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""
    command = [sys.executable, "-W", "ignore", "-c", script, str(store.path)]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupted_query_is_an_interrupt(store: Store) -> None:
    # As DuckDB raises it; when it looks at signals is its own affair.
    message = "Query interrupted"
    with pytest.raises(KeyboardInterrupt), store.reading():
        raise RuntimeError(message)


def test_an_interrupt_while_attaching_frees_the_store(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = connection_module._attach

    def attach_and_stop(*arguments: Any, **named: Any) -> None:
        attach(*arguments, **named)
        raise KeyboardInterrupt

    assert rows("SELECT 1") == [(1,)]
    with monkeypatch.context() as patch:
        patch.setattr(connection_module, "_attach", attach_and_stop)
        with pytest.raises(KeyboardInterrupt):
            rows("SELECT 1")
    assert rows("SELECT 1") == [(1,)]
    assert commit_elsewhere(store.database).returncode == 0


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_waits_for_the_operation_of_another_thread(
    store: Store, rows: Rows
) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.writing() as connection:
            connection.execute("INSERT INTO store_info VALUES ('a', 'thread')")
            inside.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    threading.Timer(0.05, leave.set).start()
    child = os.fork()
    if child == 0:
        os._exit(0 if connection_module._engine.attached is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
    assert rows("SELECT value FROM store_info WHERE key = 'a'") == [("thread",)]


def test_a_raising_block_changes_nothing_and_frees_the_store(
    store: Store, rows: Rows
) -> None:
    def change_and_fail() -> None:
        with store.writing() as connection:
            connection.execute("INSERT INTO store_info VALUES ('a', 'b')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert rows("SELECT * FROM store_info WHERE key = 'a'") == []
    assert commit_elsewhere(store.database).returncode == 0


def test_reading_cannot_write(store: Store) -> None:
    with store.reading() as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("INSERT INTO store_info VALUES ('a', 'b')")


def test_reading_inside_reading_shares_and_writing_inside_is_refused(
    store: Store,
) -> None:
    with store.reading(), store.reading() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    with store.reading(), pytest.raises(StoreError), store.writing(deadline=0.1):
        pass


def test_threads_take_turns(store: Store, rows: Rows) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            run_id = workers.start_run(store)
            for _ in range(5):
                workers.log_points(store, run_id, 20)
                with store.reading() as connection:
                    connection.execute("SELECT count(*) FROM metrics").fetchall()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows("SELECT count(*) FROM metrics") == [(800,)]


def test_a_database_held_by_another_program_is_said_with_its_pid(
    store: Store, rows: Rows
) -> None:
    rows("SELECT 1")
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with (
            pytest.raises(StoreBusyError, match=str(other.pid)),
            connection_module.attached(store.database, read_only=True, deadline=0.1),
        ):
            pass


def test_a_reader_past_its_deadline_goes_ahead_and_says_it_may_be_stale(
    store: Store, spawn: Spawn, rows: Rows
) -> None:
    rows("SELECT 1")
    process = spawn("hold_lock", store.path)
    assert process.stdout is not None
    process.stdout.readline()
    workers.start_run(store)
    with (
        pytest.warns(UserWarning, match=f"out of date.*{process.pid}"),
        store.reading(deadline=0.1) as connection,
    ):
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]
    process.kill()
    process.wait()
    assert rows("SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.parametrize("content", [b"not a database", b"\0" * 20_000])
def test_a_foreign_file_is_refused_and_left_alone(store: Store, content: bytes) -> None:
    store.path.mkdir()
    store.database.write_bytes(content)
    with pytest.raises(StoreError, match="Nothing was changed"), store.reading():
        pass
    assert store.database.read_bytes() == content


def test_a_database_with_other_tables_is_refused_and_left_alone(store: Store) -> None:
    store.path.mkdir()
    with duckdb.connect(str(store.database)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    with pytest.raises(StoreError, match="not celltrail's"), store.reading():
        pass
    with duckdb.connect(str(store.database)) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert tables == [("mine",)]


def test_a_newer_schema_is_refused_and_left_alone(store: Store, rows: Rows) -> None:
    with store.writing() as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (99, 'x', now())")
    workers.start_run(store)
    with pytest.raises(StoreError, match=r"version 99.*pip install -U celltrail"):
        rows("SELECT 1")
    assert list(store.journals.glob("*.jsonl"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_read_only_folder_can_still_be_read() -> None:
    script = """
import os, sys
from celltrail.store import open_store
with open_store(sys.argv[1]).reading():
    pass  # imports all that is needed, while it still may
if os.geteuid() == 0:
    os.setuid(65534)
with open_store(sys.argv[2]).reading() as connection:
    print(connection.execute("SELECT count(*) FROM runs").fetchone())
"""
    with tempfile.TemporaryDirectory() as name:
        store, other = open_store(Path(name) / "a"), Path(name) / "b"
        workers.start_run(store)
        store.fold()
        workers.start_run(store)
        Path(name).chmod(0o755)
        store.path.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", script, str(other), str(store.path)],
            capture_output=True,
            text=True,
            check=False,
        )
        store.path.chmod(0o755)
    assert done.stdout == "(1,)\n", done.stderr
    assert "read-only" in done.stderr
    assert "not folded" in done.stderr


def test_a_store_is_the_same_object_however_it_is_named(folder: Path) -> None:
    assert open_store(folder) is open_store(folder / ".celltrail")
    assert open_store(folder.as_uri()) is open_store(str(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_fills_while_the_database_is_made_leaves_none(
    store: Store,
) -> None:
    script = """
import resource, signal, sys
from celltrail.errors import StoreError
from celltrail.store import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
store = open_store(sys.argv[1])
try:
    store.fold()
except StoreError as error:
    print("refused", store.database.exists())
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
store.fold()
print("made", store.database.exists())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(store.path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["refused", "False", "made", "True"], done.stderr
