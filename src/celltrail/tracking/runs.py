"""Beginning, resuming and ending runs."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celltrail.entities import LifecycleStage
from celltrail.errors import CelltrailError
from celltrail.tracking import active, context, handles, record
from celltrail.tracking import experiment_core as experiments
from celltrail.tracking.active import LiveRun
from celltrail.tracking.keys import check_status
from celltrail.tracking.lifecycle import (
    NAME,
    PARENT,
    ActiveRun,
    begin,
    end,
    entity,
    finish,
    given_tags,
    last_ended,
)
from celltrail.tracking.location import current_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = [
    "ActiveRun",
    "active_run",
    "end_run",
    "get_or_start",
    "last_active_run",
    "start_run",
]

_RESUME = ("CELLTRAIL_RUN_ID", "MLFLOW_RUN_ID")


def start_run(
    run_id: str | None = None,
    experiment_id: str | int | None = None,
    run_name: str | None = None,
    nested: bool = False,  # noqa: FBT001, FBT002 (MLflow's signature)
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,  # noqa: ARG001, FBT001 (accepted)
) -> ActiveRun:
    """Return a new run, or one taken up again, that ``log_*`` writes to from now on.

    In a tracked cell the first call takes over the cell's run when nothing was logged
    to it yet; otherwise it opens a child of it. A run that an earlier cell left open
    is ended first.

    Parameters
    ----------
    run_id
        A run to resume: id, unique prefix, name or ``@last``. The environment
        variables ``CELLTRAIL_RUN_ID`` and ``MLFLOW_RUN_ID`` stand in for it, once.
    experiment_id
        The experiment; by default the active one.
    run_name
        Without one, a random name.
    nested
        Whether it may be a child of a run that is open.
    parent_run_id
        The run to be a child of.
    tags, description
        Tags, and a text for the tag ``mlflow.note.content``.
    log_system_metrics
        Accepted for MLflow's sake.

    Raises
    ------
    CelltrailError
        When a run is open and `nested` is not set.
    NotFoundError
        When the experiment, or the run to resume, does not exist.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run(run_name="baseline") as run:
    ...     celltrail.log_metric("auc", 0.87)
    >>> celltrail.get_run(run.info.run_id).info.status
    'FINISHED'
    """
    store = current_store()
    active.open_for_cell()
    around = _around(nested=nested)
    texts = given_tags(run_name, tags, description)
    resumed = run_id or _from_environment()
    if resumed:
        return _resume(store, resumed, texts)
    if parent_run_id is not None:
        parent_run_id = _checked_parent(store, parent_run_id)
    elif around is not None:
        if _may_adopt(around, store, experiment_id, nested=nested):
            return _adopt(around, texts)
        parent_run_id = around.run_id
    if parent_run_id is not None:
        texts[PARENT] = parent_run_id
    if experiment_id is None and around is not None and around.is_cell:
        experiment_id = around.experiment_id
    run = begin(store, experiment_id, texts)
    active.attach(run)
    context.describe(run)
    return entity(run)


def end_run(status: str = "FINISHED") -> None:
    """End the innermost open run, if there is one.

    The run of a tracked cell ends with its cell; this only notes the status.

    Examples
    --------
    >>> import celltrail
    >>> run = celltrail.start_run()
    >>> celltrail.end_run("KILLED")
    >>> celltrail.get_run(run.info.run_id).info.status
    'KILLED'
    """
    name = check_status(status)
    run = active.own()
    if run is None and threading.current_thread() is threading.main_thread():
        run = active.current()
        run = None if run is not None and run.inherited else run
    if run is not None:
        end(run, name)


def active_run() -> ActiveRun | None:
    """Return the run that ``log_*`` writes to now, as it was when it began.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.active_run() is None
    True
    """
    run = active.current()
    return None if run is None else entity(run)


def last_active_run() -> Run | None:
    """Return the active run, or else the run that ended last in this process.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run(run_name="baseline"):
    ...     pass
    >>> celltrail.last_active_run().info.run_name
    'baseline'
    """
    run = active_run()
    ended = last_ended()
    return handles.get_run(*ended) if run is None and ended is not None else run


def get_or_start() -> LiveRun:
    """Return the run that ``log_*`` writes to, starting one when none is open."""
    active.open_for_cell()
    run = active.current()
    if run is None:
        started = start_run().info.run_id
        run = active.find_open(current_store(), started)
        assert run is not None  # noqa: S101 (just started)
    return run


def _around(*, nested: bool) -> LiveRun | None:
    """Return the open run that a new one would lie in, after ending earlier cells'."""
    while not nested and (left := active.left_behind()) is not None:
        finish(left, "FINISHED")
    around = active.own()
    if around is None:
        # Another thread's or process's run: only a cell takes in what did not ask.
        around = active.current()
        return around if around is not None and (nested or around.is_cell) else None
    if nested or around.is_cell:
        return around
    if around.inherited:
        return None
    message = (
        f"Run with UUID {around.run_id} is already active. To start a new run, first "
        "end the current run with celltrail.end_run(). To start a nested run, call "
        "start_run with nested=True"
    )
    raise CelltrailError(message)


def _may_adopt(
    run: LiveRun, store: Store, experiment_id: str | int | None, *, nested: bool
) -> bool:
    return (
        run.is_cell
        and run.is_untouched
        and not (nested or run.inherited)
        and run.store is store
        and str(experiment_id or run.experiment_id) == run.experiment_id
        and threading.current_thread() is threading.main_thread()
    )


def _adopt(run: LiveRun, texts: dict[str, str]) -> ActiveRun:
    """Take over the run of the cell."""
    if texts:
        record.tags(run, texts)
    run.adopted = True
    taken = entity(run)
    merged = {**taken.data.tags, **texts}
    run.entity = ActiveRun(
        replace(taken.info, run_name=merged.get(NAME, taken.info.run_name)),
        replace(taken.data, tags=merged),
    )
    return entity(run)


def _resume(store: Store, reference: str, texts: dict[str, str]) -> ActiveRun:
    """Take up a run that had ended."""
    found = handles.get_run(store, reference)
    info = found.info
    chosen = experiments.chosen_experiment_id(store)
    if chosen is not None and chosen != info.experiment_id:
        message = (
            f"Cannot start run with ID {info.run_id} because it is in experiment "
            f"{info.experiment_id}, but the active experiment ID is {chosen}. Set its "
            f"experiment first: set_experiment(experiment_id={info.experiment_id!r})"
        )
        raise CelltrailError(message)
    if info.lifecycle_stage == LifecycleStage.DELETED:
        message = (
            f"Cannot start run with ID {info.run_id} because it is in the deleted "
            f"state. Restore it first: celltrail.restore_run({info.run_id!r})"
        )
        raise CelltrailError(message)
    tags = {**found.data.tags, **texts}
    info = replace(
        info,
        status="RUNNING",
        end_time=None,
        run_name=texts.get(NAME, info.run_name),
    )
    resumed = ActiveRun(info, replace(found.data, tags=tags), found.inputs)
    run = handles.remember(LiveRun(store, info.run_id, info.experiment_id, resumed))
    record.status(run, "RUNNING")
    if texts:
        record.tags(run, texts)
    active.attach(run)
    return resumed


def _checked_parent(store: Store, reference: str) -> str:
    """Return the id of the run to be a child of."""
    own = active.own()
    run_id = handles.handle(store, reference).run_id
    if own is not None and not own.is_cell and own.run_id != run_id:
        message = (
            f"Current run with UUID {own.run_id} does not match the specified "
            f"parent_run_id {run_id}. To start a new nested run under the parent run "
            f"with UUID {run_id}, first end the current run with celltrail.end_run()."
        )
        raise CelltrailError(message)
    return run_id


def _from_environment() -> str | None:
    """Return the run id that the environment names; each is used once."""
    given = [os.environ.pop(name, None) for name in _RESUME]
    return next((run_id for run_id in given if run_id), None)
