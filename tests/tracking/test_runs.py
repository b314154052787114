"""Runs begin, are resumed, lie in one another, and end."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.errors import CelltrailError, InvalidValueError, NotFoundError
from celltrail.tracking import active, lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celltrail.store import Store


class Cells:
    """Plays the notebook layer: begins and ends cells, tracked or not."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(self, *, tracked: bool = False) -> Any:
        active.set_current_cell(object())
        if not tracked:
            return None
        run = lifecycle.begin(self.store)
        active.set_cell_run(run)
        return run

    def end(self) -> None:
        active.set_current_cell(None)
        run = next((run for run in active.open_runs() if run.is_cell), None)
        active.set_cell_run(None)
        if run is not None:
            lifecycle.finish(run, run.outcome or "FINISHED")


@pytest.fixture
def cells(store: Store, tracking: Any) -> Iterator[Cells]:  # noqa: ARG001 (sets the URI)
    cells = Cells(store)
    yield cells
    cells.end()


def test_a_block_that_succeeds_finishes_its_run(tracking: Any) -> None:
    with tracking.start_run(run_name="baseline") as run:
        assert run.info.status == "RUNNING"
        assert tracking.get_run(run.info.run_id).info.status == "RUNNING"
    info = tracking.get_run(run.info.run_id).info
    assert (info.run_name, info.status) == ("baseline", "FINISHED")
    assert info.start_time <= info.end_time


def test_a_block_that_raises_fails_its_run_and_raises(tracking: Any) -> None:
    with pytest.raises(ZeroDivisionError), tracking.start_run() as run:
        1 / 0  # noqa: B018
    assert tracking.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_without_a_name_gets_one(tracking: Any) -> None:
    with tracking.start_run() as run:
        pass
    words = run.info.run_name.split("-")
    assert len(words) == 3
    assert words[2].isdigit()
    assert tracking.get_run(run.info.run_id).info.run_name == run.info.run_name


def test_what_begins_and_what_is_read_back_agree(tracking: Any) -> None:
    with tracking.start_run(tags={"n": 5}, description="why", run_name="x") as run:
        read = tracking.get_run(run.info.run_id)
    assert read.info == run.info
    assert read.data.tags == run.data.tags
    assert read.data.tags["n"] == "5"
    assert read.data.tags["mlflow.note.content"] == "why"


def test_a_second_run_is_refused_unless_nested(tracking: Any) -> None:
    with tracking.start_run() as run:
        with pytest.raises(CelltrailError, match=run.info.run_id):
            tracking.start_run()
        with tracking.start_run(nested=True) as child:
            assert tracking.active_run() == child
        assert tracking.active_run() == run
    assert tracking.get_parent_run(child.info.run_id).info.run_id == run.info.run_id
    assert tracking.get_parent_run(run.info.run_id) is None


def test_leaving_a_block_ends_what_was_opened_in_it(tracking: Any) -> None:
    with tracking.start_run() as outer:
        inner = tracking.start_run(nested=True)
    for run in (outer, inner):
        assert tracking.get_run(run.info.run_id).info.status == "FINISHED"
    assert tracking.active_run() is None


def test_a_child_can_name_a_parent_that_has_ended(tracking: Any) -> None:
    with tracking.start_run() as parent:
        pass
    with tracking.start_run(parent_run_id=parent.info.run_id) as child:
        pass
    found = tracking.get_parent_run(child.info.run_id)
    assert found.info.run_id == parent.info.run_id


def test_a_parent_has_to_exist_and_to_be_the_open_run(tracking: Any) -> None:
    with pytest.raises(NotFoundError):
        tracking.start_run(parent_run_id="a" * 32)
    with tracking.start_run() as other:
        pass
    with (
        tracking.start_run(),
        pytest.raises(CelltrailError, match="does not match"),
    ):
        tracking.start_run(nested=True, parent_run_id=other.info.run_id)


def test_a_run_is_resumed_by_id_by_name_and_by_reference(tracking: Any) -> None:
    with tracking.start_run(run_name="first") as run:
        tracking.log_param("depth", 3)
    for reference in (run.info.run_id, run.info.run_id[:31], "first", "@last"):
        with tracking.start_run(run_id=reference, tags={"again": reference}) as again:
            assert again.info.run_id == run.info.run_id
            info = tracking.get_run(run.info.run_id).info
            assert (info.status, info.end_time) == ("RUNNING", None)
    read = tracking.get_run(run.info.run_id)
    assert read.data.params == {"depth": "3"}
    assert (read.data.tags["again"], read.info.status) == ("@last", "FINISHED")


@pytest.mark.parametrize("variable", ["CELLTRAIL_RUN_ID", "MLFLOW_RUN_ID"])
def test_the_environment_names_a_run_to_resume_once(
    tracking: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with tracking.start_run() as run:
        pass
    monkeypatch.setenv(variable, run.info.run_id)
    with tracking.start_run() as again:
        pass
    with tracking.start_run() as another:
        pass
    assert again.info.run_id == run.info.run_id
    assert another.info.run_id != run.info.run_id


def test_what_cannot_be_resumed_says_why(tracking: Any) -> None:
    with pytest.raises(NotFoundError):
        tracking.start_run(run_id="a" * 32)
    with tracking.start_run() as run:
        pass
    tracking.delete_run(run.info.run_id)
    with pytest.raises(CelltrailError, match="deleted"):
        tracking.start_run(run_id=run.info.run_id)
    tracking.restore_run(run.info.run_id)
    tracking.set_experiment("other")
    with pytest.raises(CelltrailError, match="active experiment ID is"):
        tracking.start_run(run_id=run.info.run_id)
    assert tracking.active_run() is None


def test_ending_takes_a_known_status_and_needs_no_run(tracking: Any) -> None:
    tracking.end_run()
    run = tracking.start_run()
    with pytest.raises(InvalidValueError, match="FOO"):
        tracking.end_run("FOO")
    tracking.end_run("KILLED")
    assert tracking.get_run(run.info.run_id).info.status == "KILLED"
    assert tracking.last_active_run().info.run_id == run.info.run_id


def test_name_and_description_may_not_be_given_twice(tracking: Any) -> None:
    with pytest.raises(InvalidValueError, match="run_name"):
        tracking.start_run(run_name="a", tags={"mlflow.runName": "b"})
    with pytest.raises(InvalidValueError, match="Description"):
        tracking.start_run(description="a", tags={"mlflow.note.content": "b"})


def test_logging_without_a_run_starts_one(tracking: Any) -> None:
    tracking.log_metric("auc", 0.5)
    run = tracking.active_run()
    tracking.end_run()
    assert tracking.get_run(run.info.run_id).data.metrics == {"auc": 0.5}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps what is open")
def test_runs_begun_after_the_store_was_removed_are_kept(
    tracking: Any, store: Store
) -> None:
    tracking.set_experiment("first")
    with tracking.start_run():
        tracking.log_metric("auc", 0.5)
    assert len(tracking.search_runs()) == 1
    shutil.rmtree(store.path)
    with pytest.raises(NotFoundError, match="experiment"):
        tracking.start_run()
    tracking.set_experiment("first")
    with tracking.start_run() as run:
        tracking.log_metric("auc", 0.75)
    assert tracking.get_run(run.info.run_id).data.metrics == {"auc": 0.75}
    assert len(tracking.search_runs()) == 1


def test_deleting_and_restoring_a_run(tracking: Any) -> None:
    with tracking.start_run(run_name="mine") as run:
        pass
    tracking.delete_run("mine")
    assert tracking.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    assert len(tracking.search_runs()) == 0
    with pytest.raises(InvalidValueError, match="active"):
        tracking.log_metric("auc", 1.0, run_id=run.info.run_id)
    tracking.restore_run(run.info.run_id)
    tracking.log_metric("auc", 1.0, run_id=run.info.run_id)
    assert tracking.get_run(run.info.run_id).data.metrics == {"auc": 1.0}


def test_in_a_cell_the_first_run_is_the_cells_own(cells: Cells, tracking: Any) -> None:
    cell = cells.begin(tracked=True)
    with tracking.start_run(run_name="rf", tags={"stage": "dev"}) as run:
        tracking.log_metric("auc", 0.9)
    assert run.info.run_id == cell.run_id
    tracking.log_param("after", 1)
    cells.end()
    read = tracking.get_run(cell.run_id)
    assert (read.info.run_name, read.info.status) == ("rf", "FINISHED")
    assert (read.data.metrics, read.data.params) == ({"auc": 0.9}, {"after": "1"})
    assert read.data.tags["stage"] == "dev"


def test_in_a_cell_further_runs_are_children(cells: Cells, tracking: Any) -> None:
    cell = cells.begin(tracked=True)
    tracking.log_param("depth", 3)
    children = []
    for _ in range(2):
        with tracking.start_run() as run:
            children.append(run.info.run_id)
    cells.end()
    assert cell.run_id not in children
    for child in children:
        assert tracking.get_parent_run(child).info.run_id == cell.run_id


def test_a_failed_block_fails_the_cells_run_it_took(
    cells: Cells, tracking: Any
) -> None:
    cell = cells.begin(tracked=True)
    with pytest.raises(ZeroDivisionError), tracking.start_run():
        1 / 0  # noqa: B018
    assert tracking.get_run(cell.run_id).info.status == "RUNNING"
    cells.end()
    assert tracking.get_run(cell.run_id).info.status == "FAILED"


def test_ending_first_thing_in_a_cell_changes_nothing(
    cells: Cells, tracking: Any
) -> None:
    cell = cells.begin(tracked=True)
    tracking.end_run()
    tracking.log_metric("auc", 0.9)
    cells.end()
    assert tracking.get_run(cell.run_id).data.metrics == {"auc": 0.9}


def test_a_cell_executed_again_ends_the_run_it_left_open(
    cells: Cells, tracking: Any
) -> None:
    runs = []
    for _ in range(2):
        cells.begin()
        runs.append(tracking.start_run().info.run_id)
    assert tracking.get_run(runs[0]).info.status == "FINISHED"
    assert tracking.get_run(runs[1]).info.status == "RUNNING"
    with pytest.raises(CelltrailError, match="already active"):
        tracking.start_run()


def test_a_later_cell_logs_to_the_run_left_open(cells: Cells, tracking: Any) -> None:
    cells.begin()
    run = tracking.start_run()
    cells.begin()
    tracking.log_metric("auc", 0.9)
    with tracking.start_run(nested=True) as child:
        pass
    tracking.end_run()
    assert tracking.get_run(run.info.run_id).data.metrics == {"auc": 0.9}
    found = tracking.get_parent_run(child.info.run_id)
    assert found.info.run_id == run.info.run_id


def test_after_a_tracked_cell_the_run_left_open_goes_on(
    cells: Cells, tracking: Any
) -> None:
    cells.begin()
    run = tracking.start_run()
    cell = cells.begin(tracked=True)
    tracking.log_metric("auc", 0.9)
    cells.end()
    tracking.log_metric("auc", 0.1)
    assert tracking.get_run(cell.run_id).data.metrics == {"auc": 0.9}
    assert tracking.get_run(run.info.run_id).data.metrics == {"auc": 0.1}
