"""Many processes on one store: nothing lost, nothing doubled, nobody turned away."""

from __future__ import annotations

import os
import random
import signal
import struct
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.store import workers

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from celltrail.store import Store
    from tests.store.conftest import Rows, Spawn


# Read before the fixtures clear the environment.
KILLS = int(os.environ.get("CELLTRAIL_TEST_KILLS", "25"))


def output(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


def test_four_processes_start_at_once_on_a_folder_without_a_store(
    store: Store, spawn: Spawn, rows: Rows
) -> None:
    processes = [spawn("log", store.path, 50) for _ in range(4)]
    runs = {output(process) for process in processes}
    assert len(runs) == 4
    assert rows("SELECT count(*) FROM runs WHERE status = 'FINISHED'") == [(4,)]
    assert rows("SELECT count(*) FROM metrics") == [(200,)]


def test_four_readers_start_at_once_on_a_folder_without_a_store(
    store: Store, spawn: Spawn
) -> None:
    processes = [spawn("read", store.path) for _ in range(4)]
    assert [output(process) for process in processes] == ["0"] * 4


def test_a_reader_sees_what_another_process_had_written(
    store: Store, spawn: Spawn
) -> None:
    run_id = workers.start_run(store)
    for count in (100, 200):
        workers.log_points(store, run_id, 100)
        assert output(spawn("read", store.path)) == str(count)


def test_experiments_created_at_once_get_different_ids(
    store: Store, spawn: Spawn
) -> None:
    processes = [spawn("experiment", store.path, f"e{n}") for n in range(5)]
    assert {output(process) for process in processes} == {"1", "2", "3", "4", "5"}


def test_of_two_processes_that_create_one_name_one_is_told(
    store: Store, spawn: Spawn
) -> None:
    processes = [spawn("experiment", store.path, "same") for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1]
    assert "already exists" in "".join(errors)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_killing_at_random_moments_loses_and_doubles_nothing(
    store: Store, spawn: Spawn, rows: Rows, folder: Path
) -> None:
    ledger = folder / "ledger"
    ledger.mkdir()
    dice = random.Random(time.time_ns())
    writers = [spawn("log_for_ever", store.path, ledger) for _ in range(2)]
    folders = [spawn("fold_for_ever", store.path) for _ in range(2)]
    for _ in range(KILLS):
        time.sleep(dice.expovariate(1 / 0.15))  # the random moment itself
        for group, again in (
            (folders, ("fold_for_ever", store.path)),
            (writers, ("log_for_ever", store.path, ledger)),
        ):
            if group is folders or dice.random() < 0.3:
                victim = dice.randrange(len(group))
                group[victim].send_signal(signal.SIGKILL)
                _, errors = group[victim].communicate()
                assert group[victim].returncode == -signal.SIGKILL, errors
                group[victim] = spawn(*again)
    for process in writers + folders:
        process.kill()
        process.wait()

    acknowledged = {
        file.name: struct.unpack("q", file.read_bytes())[0]
        for file in ledger.iterdir()
        if file.stat().st_size
    }
    found = {
        run_id: (total, distinct, last)
        for run_id, total, distinct, last in rows(
            "SELECT replace(run_id::VARCHAR, '-', ''), count(*), count(DISTINCT step), "
            "max(step) FROM metrics GROUP BY 1"
        )
    }
    total = sum(acknowledged.values())
    assert total > 0
    for run_id, count in acknowledged.items():
        points, distinct, last = found.get(run_id, (0, 0, -1))
        assert distinct >= count, "an acknowledged point is lost"
        assert points == distinct, "a point is doubled"
        assert last + 1 == distinct, "a point in the middle is lost"
    assert rows("SELECT DISTINCT status FROM runs") == [("KILLED",)]
    assert rows(
        "SELECT count(*) FROM runs, (SELECT run_id, count(*) AS n FROM metrics "
        "GROUP BY run_id) AS p WHERE runs.run_id = p.run_id AND p.n <> list_sum("
        'list_transform(map_values(metric_stats), lambda s: s."count"))'
    ) == [(0,)]
    assert list(store.journals.iterdir()) == []
