"""What other processes do in the store's tests: `python workers.py ACTION STORE …`."""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from celltrail.store import events, open_store
from celltrail.store.ids import new_id
from celltrail.store.locks import FileLock

if TYPE_CHECKING:
    from celltrail.store import Store


def start_run(store: Store, name: str = "run") -> str:
    """Begin a run and return its id."""
    run_id = new_id()
    store.journal.append(events.run_started(run_id, 0))
    store.journal.append(events.text(events.TAG, run_id, "mlflow.runName", name))
    return run_id


def log_points(store: Store, run_id: str, count: int, key: str = "loss") -> None:
    """Log `count` points with steps 0, 1, 2 …"""
    for step in range(count):
        line = events.metric(run_id, key, step / 7, step, time.time_ns())
        store.journal.append(line)


def log(path: str, count: str) -> None:
    """Log one finished run and print its id."""
    store = open_store(path)
    run_id = start_run(store)
    log_points(store, run_id, int(count))
    store.journal.append(events.run_status(run_id, "FINISHED"))
    print(run_id)


def hang(path: str, count: str) -> None:
    """Log an open run, print its id, and wait to be killed."""
    store = open_store(path)
    run_id = start_run(store)
    log_points(store, run_id, int(count))
    print(run_id, flush=True)
    sys.stdin.read()


def log_for_ever(path: str, ledger: str) -> None:
    """Log without end; the ledger holds how many calls have returned."""
    store = open_store(path)
    run_id = start_run(store)
    file = os.open(Path(ledger) / run_id, os.O_RDWR | os.O_CREAT)
    os.ftruncate(file, 8)
    acknowledged = mmap.mmap(file, 8)
    step = 0
    while True:
        line = events.metric(run_id, f"k{step % 7}", step / 3, step, time.time_ns())
        store.journal.append(line)
        step += 1
        acknowledged[:8] = struct.pack("q", step)
        if step % 200 == 0:
            time.sleep(0.005)


def fold_for_ever(path: str) -> None:
    """Fold without end."""
    store = open_store(path)
    while True:
        store.fold(deadline=60)


def read(path: str) -> None:
    """Print how many points the store holds."""
    with open_store(path).reading(deadline=60) as connection:
        row = connection.execute("SELECT count(*) FROM metrics").fetchone()
    print(row[0] if row else None)


def experiment(path: str, name: str) -> None:
    """Create an experiment and print its id."""
    from celltrail.store.decisions import create_experiment

    print(create_experiment(open_store(path), name))


def hold_lock(path: str) -> None:
    """Hold the store's lock alone, and wait to be killed."""
    lock = FileLock(open_store(path).path / "fold.lock")
    with lock.hold(shared=False, deadline=10):
        print("held", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    action, *arguments = sys.argv[1:]
    globals()[action](*arguments)
