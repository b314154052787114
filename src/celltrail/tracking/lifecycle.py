"""The life of a run: its beginning, its end, and what users hold of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any, Self

from celltrail.entities import LifecycleStage, Run, RunData, RunInfo
from celltrail.environment import source_tags
from celltrail.errors import InvalidValueError
from celltrail.store import events
from celltrail.store.ids import new_id
from celltrail.tracking import active, handles, record
from celltrail.tracking import experiment_core as experiments
from celltrail.tracking.active import LiveRun
from celltrail.tracking.keys import check_key
from celltrail.tracking.names import random_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from celltrail.store import Store

__all__ = [
    "NAME",
    "NOTE",
    "PARENT",
    "ActiveRun",
    "begin",
    "end",
    "entity",
    "finish",
    "given_tags",
    "last_ended",
]

NAME = "mlflow.runName"
NOTE = "mlflow.note.content"
PARENT = "mlflow.parentRunId"
_last_ended: tuple[Store, str] | None = None


@dataclass(frozen=True)
class ActiveRun(Run):
    """A run as it was when it began; a ``with`` block ends it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        status = "FINISHED" if kind is None else "FAILED"
        for run in _opened_within(self.info.run_id):
            end(run, status)


def begin(
    store: Store,
    experiment_id: str | int | None = None,
    tags: Mapping[str, Any] | None = None,
    *,
    start_time: int | None = None,
    source: Mapping[str, str] | None = None,
) -> LiveRun:
    """Write the beginning of a run, without making it the active one.

    Parameters
    ----------
    experiment_id
        None is the active experiment of `store`.
    tags
        With ``mlflow.runName``, or a random name is made.
    start_time
        In milliseconds since 1970.
    source
        Tags for user and program; by default what can be found out.
    """
    if store.journal.renew():
        experiments.forget(store)
    if experiment_id is None:
        experiment_id = experiments.active_experiment_id(store)
    experiment = experiments.check_is_active(store, experiment_id)
    time = time_ns() if start_time is None else start_time * 1_000_000
    texts = {check_key(key, "tag"): str(value) for key, value in (tags or {}).items()}
    texts = {**(source_tags() if source is None else source), **texts}
    texts.setdefault(NAME, random_name())
    run_id = new_id()
    lines = [events.run_started(run_id, int(experiment), time)]
    lines += [
        events.text(events.TAG, run_id, key, value, time)
        for key, value in texts.items()
    ]
    store.journal.append(b"".join(lines))
    info = RunInfo(
        run_id=run_id,
        run_name=texts[NAME],
        experiment_id=experiment,
        user_id=texts.get("mlflow.user", ""),
        status="RUNNING",
        start_time=time // 1_000_000,
        end_time=None,
        lifecycle_stage=LifecycleStage.ACTIVE,
        artifact_uri=f"runs:/{run_id}",
    )
    begun = ActiveRun(info, RunData(tags=texts))
    return handles.remember(LiveRun(store, run_id, experiment, begun))


def finish(run: LiveRun, status: str, end_time: int | None = None) -> None:
    """Write the end of a run; `end_time` in nanoseconds since 1970."""
    global _last_ended  # noqa: PLW0603 (MLflow's interface: the process has one)
    _last_ended = (run.store, run.run_id)
    active.detach(run)
    record.status(run, status, end_time)
    run.store.journal.sync_soon()


def end(run: LiveRun, status: str) -> None:
    """End a run as far as it is ours to end."""
    if run.is_cell:
        # The cell goes on; its run ends with it, the way its `with` block did.
        if run.adopted:
            run.outcome = status
    elif run.inherited:
        active.detach(run)
    else:
        finish(run, status)


def given_tags(
    run_name: str | None, tags: Mapping[str, Any] | None, description: str | None
) -> dict[str, str]:
    """Return the tags a caller gave, with name and description among them."""
    texts = {check_key(key, "tag"): str(value) for key, value in (tags or {}).items()}
    if description:
        if NOTE in texts:
            message = (
                f"Description is already set via the tag {NOTE} in tags. Remove the "
                f"key {NOTE} from the tags or omit the description."
            )
            raise InvalidValueError(message)
        texts[NOTE] = description
    if run_name:
        if texts.get(NAME, run_name) != run_name:
            message = (
                f"Both 'run_name' ({run_name!r}) and the tag {NAME!r} "
                f"({texts[NAME]!r}) are specified, with different values. Give one."
            )
            raise InvalidValueError(message)
        texts[NAME] = run_name
    return texts


def last_ended() -> tuple[Store, str] | None:
    """Return store and id of the run that ended last in this process."""
    return _last_ended


def entity(run: LiveRun) -> ActiveRun:
    """Return the run as users see it, asking the store if it is another process's."""
    if not isinstance(run.entity, ActiveRun):
        found = run.entity or handles.get_run(run.store, run.run_id)
        run.entity = ActiveRun(found.info, found.data, found.inputs)
    return run.entity


def _opened_within(run_id: str) -> list[LiveRun]:
    """Return a run and what was opened in it and is still open, innermost first."""
    found: list[LiveRun] = []
    run = active.own()
    while run is not None:
        if not run.ended:
            found.append(run)
        if run.run_id == run_id:
            return found
        run = run.outer
    return [run for run in active.open_runs() if run.run_id == run_id]
