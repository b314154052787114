"""The tail of the journal tells of a run what the store tells after the fold."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from celltrail.errors import StoreError
from celltrail.store import journal
from celltrail.store.query.queries import artifact_files, get_run
from celltrail.store.query.tail import read_tail
from celltrail.tracking import active

if TYPE_CHECKING:
    from types import ModuleType

    from celltrail.store import Store

ENOUGH = 2**20


def test_the_tail_tells_what_the_fold_tells(store: Store, tracking: ModuleType) -> None:
    with tracking.start_run():
        tracking.log_metric("before", 1)
    mark = store.journal.mark()
    with tracking.start_run(tags={"a": "b", "gone": "1"}) as run:
        for step, loss in [(2, 0.2), (0, 0.9), (1, float("nan"))]:
            tracking.log_metric("loss", loss, step=step)
        tracking.log_metric("inf", float("-inf"))
        tracking.log_param("lr", 1)
        tracking.log_param("lr", 2)
        tracking.log_text("content", "notes/a.txt")
        tracking.delete_tag("gone")
    tail = store.journal.since(mark, ENOUGH)
    assert tail is not None
    logged = read_tail(tail, run.info.run_id)
    stored = get_run(store, run.info.run_id).data
    assert logged.metrics == stored.metrics == {"loss": 0.2, "inf": float("-inf")}
    assert logged.params == stored.params == {"lr": "2"}
    assert logged.tags == stored.tags
    assert logged.curves["loss"][::2] == [0.9, 0.2]
    files = artifact_files(store, run.info.run_id)
    assert logged.artifacts == {file.path: file.size for file in files}


def test_a_long_tail_and_one_over_two_segments_are_not_told(
    store: Store, tracking: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = store.journal.mark()
    tracking.log_param("long", "x" * 1000)
    assert store.journal.since(mark, 500) is None
    assert store.journal.since(mark, ENOUGH) is not None
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 2000)
    store.journal._room = 0
    tracking.log_param("next", "segment")
    assert store.journal.since(mark, ENOUGH) is None


def test_a_failed_write_can_be_told_instead_of_raised(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _line: bytes) -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="disk is full"):
        store.journal.append(b"{}\n", fail)
    told: list[StoreError] = []
    monkeypatch.setattr(journal, "on_failure", told.append)
    store.journal.append(b"{}\n", fail)
    assert len(told) == 1


def test_a_thread_bound_to_a_run_logs_to_it(store: Store, tracking: ModuleType) -> None:
    go = threading.Event()

    def work() -> None:
        go.wait(10)
        tracking.log_metric("late", 1)

    thread = threading.Thread(target=work)
    thread.start()
    with tracking.start_run() as run:
        live = active.current()
        assert live is not None
    active.bind_threads([thread], live)
    go.set()
    thread.join()
    assert get_run(store, run.info.run_id).data.metrics == {"late": 1.0}
