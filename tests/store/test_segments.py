"""Who lives and who is dead, while sessions begin and others look on."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import portalocker
import pytest

from celltrail.store.ids import new_id
from celltrail.store.locks import FileLock, hold_forever, is_held
from celltrail.store.segments import dead_sessions, scan, sweep

if TYPE_CHECKING:
    from pathlib import Path


def test_a_session_begins_though_another_process_just_tries_its_lock(
    folder: Path,
) -> None:
    path = folder / f"{new_id()}.lock"
    prober = os.open(path, os.O_RDWR | os.O_CREAT)
    portalocker.lock(prober, portalocker.LOCK_EX | portalocker.LOCK_NB)
    threading.Timer(0.02, os.close, [prober]).start()
    handle = hold_forever(path)
    assert is_held(path)
    os.close(handle)


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
def test_a_session_begins_though_its_lock_file_is_swept_away(folder: Path) -> None:
    path = folder / f"{new_id()}.lock"
    sweeper = os.open(path, os.O_RDWR | os.O_CREAT)
    portalocker.lock(sweeper, portalocker.LOCK_EX | portalocker.LOCK_NB)

    def finish() -> None:
        path.unlink()
        os.close(sweeper)

    threading.Timer(0.02, finish).start()
    handle = hold_forever(path)
    assert is_held(path)
    os.close(handle)


def test_a_session_that_has_yet_to_take_its_lock_is_not_dead(folder: Path) -> None:
    newborn = new_id()
    (folder / f"{newborn}.lock").touch()
    assert dead_sessions(folder) == set()
    assert scan(folder) == ([], set())


def test_sweeping_leaves_the_locks_that_are_held(folder: Path) -> None:
    living, left = folder / f"{new_id()}.lock", folder / f"{new_id()}.lock"
    handle = hold_forever(living)
    left.touch()
    sweep(folder, [])
    assert is_held(living)
    assert not left.exists()
    os.close(handle)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_hold_on_to_a_lock_of_its_parents_threads(
    folder: Path,
) -> None:
    lock = FileLock(folder / "fold.lock")
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.hold(shared=False, deadline=1):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    waiting, done = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(done)
        os.read(waiting, 1)
        os._exit(0)
    leave.set()
    thread.join()
    try:
        with lock.hold(shared=False, deadline=0.1):
            pass
    finally:
        os.close(done)
        os.close(waiting)
        os.waitpid(child, 0)
