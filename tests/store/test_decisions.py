"""Decisions: experiments and lifecycle stages, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from celltrail.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from celltrail.store import decisions
from tests.store import workers

if TYPE_CHECKING:
    from celltrail.store import Store
    from tests.store.conftest import Rows


def test_ids_count_up_and_are_not_used_again(store: Store) -> None:
    assert decisions.create_experiment(store, "a") == "1"
    decisions.set_experiment_stage(store, "1", "deleted")
    assert decisions.create_experiment(store, "b", tags={"x": "1"}) == "2"


def test_a_taken_name_is_refused_also_when_it_is_deleted(store: Store) -> None:
    decisions.create_experiment(store, "a")
    with pytest.raises(AlreadyExistsError, match="'a' already exists"):
        decisions.create_experiment(store, "a")
    decisions.set_experiment_stage(store, "1", "deleted")
    with pytest.raises(AlreadyExistsError, match="deleted state"):
        decisions.create_experiment(store, "a")


def test_renaming_and_tags(store: Store, rows: Rows) -> None:
    decisions.create_experiment(store, "a", tags={"k": "v"})
    decisions.rename_experiment(store, "1", "b")
    decisions.set_experiment_tag(store, "1", "é", "x")
    decisions.set_experiment_tag(store, "1", "k", "w")
    decisions.delete_experiment_tag(store, "1", "é")
    assert rows("SELECT name, tags FROM experiments WHERE experiment_id = 1") == [
        ("b", {"k": "w"})
    ]
    with pytest.raises(NotFoundError, match="no tag 'é'"):
        decisions.delete_experiment_tag(store, "1", "é")


def test_an_unknown_experiment_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="'9'"):
        decisions.rename_experiment(store, "9", "b")
    with pytest.raises(InvalidValueError, match="whole numbers"):
        decisions.rename_experiment(store, "nine", "b")


def test_a_deleted_experiment_takes_its_runs_along_and_back(
    store: Store, rows: Rows
) -> None:
    workers.start_run(store)
    decisions.set_experiment_stage(store, "0", "deleted")
    assert rows("SELECT lifecycle_stage, deleted_time IS NULL FROM runs") == [
        ("deleted", False)
    ]
    with pytest.raises(InvalidValueError, match="Restore it first"):
        decisions.set_experiment_tag(store, "0", "a", "b")
    decisions.set_experiment_stage(store, "0", "active")
    assert rows("SELECT lifecycle_stage, deleted_time IS NULL FROM runs") == [
        ("active", True)
    ]


def test_runs_are_deleted_all_or_none(store: Store, rows: Rows) -> None:
    first, second = workers.start_run(store), workers.start_run(store)
    with pytest.raises(NotFoundError, match=r"f{32}"):
        decisions.set_run_stage(store, [first, "f" * 32], "deleted")
    assert rows("SELECT DISTINCT lifecycle_stage FROM runs") == [("active",)]
    decisions.set_run_stage(store, [first, second], "deleted")
    assert rows("SELECT DISTINCT lifecycle_stage FROM runs") == [("deleted",)]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said(store: Store) -> None:
    store.fold()
    # RLIMIT_FSIZE makes the kernel refuse to write, as a full disk does.
    script = """
import errno, resource, signal, sys
from celltrail.errors import StoreError
from celltrail.store import decisions, disk, events, open_store
disk._REASONS[errno.EFBIG] = disk._REASONS[errno.ENOSPC]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1])
store.journal.append(events.session({}))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5, hard))
try:
    decisions.create_experiment(store, "x")
except StoreError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(store.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "could not write to the database" in done.stdout
    assert "The disk is full" in done.stdout
