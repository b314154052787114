"""The run of a tracked cell: begun when the cell begins, ended when it ends."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from celltrail.entities import FileInfo, Run, RunData, RunInfo
from celltrail.environment import source_tags
from celltrail.errors import InvalidValueError
from celltrail.masking import mask_value
from celltrail.store import events
from celltrail.store.query.tail import Logged, read_tail
from celltrail.tracking import active, context, lifecycle
from celltrail.tracking.keys import check_key
from celltrail.tracking.scalars import to_float
from celltrail.views import RunDetails

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from celltrail.notebook.capture import Captured
    from celltrail.notebook.execution import Execution, Outcome
    from celltrail.notebook.options import TrackOptions
    from celltrail.store import Store
    from celltrail.store.events import TextKind
    from celltrail.tracking.active import LiveRun

__all__ = ["CellRun"]

_MOST_TAIL = 2**21
_MOST_TEXT = 100_000


class CellRun:
    """The run that a cell's execution is.

    Parameters
    ----------
    store
        Where it is recorded.
    execution
        The cell under way.
    options
        What ``%%track`` says.
    experiment_id
        None for the active experiment.
    facts
        Context that is known now: notebook, session.
    """

    def __init__(
        self,
        store: Store,
        execution: Execution,
        options: TrackOptions,
        *,
        experiment_id: str | None = None,
        facts: Mapping[str, str | None],
    ) -> None:
        self.options = options
        self.warnings: list[str] = []
        self.logged = Logged()
        self._execution = execution
        self._mark = store.journal.mark()
        parent = self._parent()
        texts = lifecycle.given_tags(options.name, options.tags, options.description)
        if parent is not None:
            texts[lifecycle.PARENT] = parent.run_id
            experiment_id = experiment_id or parent.experiment_id
        source = source_tags()
        if facts.get("notebook"):
            source["mlflow.source.name"] = str(facts["notebook"])
        began = execution.started // 1_000_000
        self.live = lifecycle.begin(
            store, experiment_id, texts, start_time=began, source=source
        )
        self._attach(parent)
        code, blob = events.text_blob(execution.code)
        known = {
            **facts,
            "pid": str(os.getpid()),
            "code": code,
            "cell_id": execution.cell_id,
            "execution_count": execution.count and str(execution.count),
        }
        lines = [blob, *self._texts(events.CONTEXT, known)]
        self._append([*lines, *self._texts(events.PARAM, options.params, "param")])
        context.describe(self.live)

    def end(
        self,
        outcome: Outcome,
        captured: Captured,
        namespace: Mapping[str, Any],
        facts: Mapping[str, str],
    ) -> Run:
        """Write what the cell yielded and how it ended; return the run as it is now."""
        self.logged = self._read()
        promoted = self._promoted(captured, namespace)
        found = [*self._captured(captured, promoted)]
        found += self._texts(events.CONTEXT, {**facts, "error": outcome.error})
        self._append(found)
        read_tail(b"".join(found), self.live.run_id, self.logged)
        status = outcome.status
        if status == "FINISHED" and self.live.outcome:
            status = self.live.outcome
        self.close(status)
        return self._entity(status, self._execution.ended)

    def close(self, status: str) -> None:
        """End the run and those opened within, unless that was done."""
        if self.live.ended:
            return
        now = self._execution.ended
        for run in active.open_runs():
            if run is not self.live and _is_within(run, self.live):
                lifecycle.finish(run, status, now)
        if self._is_shared:
            active.set_cell_run(None)
        lifecycle.finish(self.live, status, now)
        active.bind_threads(self._execution.new_threads(), self.live)

    def details(self, run: Run) -> RunDetails:
        """Return what a card shows of the run that has ended."""
        logged = self.logged
        files = [
            FileInfo(path, is_dir=False, file_size=size)
            for path, size in logged.artifacts.items()
        ]
        return RunDetails(run, curves=logged.curves, artifacts=files)

    def _read(self) -> Logged:
        """Return what the cell has logged to its run."""
        store, run_id = self.live.store, self.live.run_id
        tail = store.journal.since(self._mark, _MOST_TAIL)
        return read_tail(tail, run_id) if tail is not None else _stored(store, run_id)

    def _parent(self) -> LiveRun | None:
        """Return the run to be a child of, after ending what earlier cells left."""
        if not self.options.nested:
            while (left := active.left_behind()) is not None:
                lifecycle.finish(left, "FINISHED")
        around = active.current()
        if around is None or not (self.options.nested or around.is_cell):
            return None
        return around

    def _attach(self, parent: LiveRun | None) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        self._is_shared = in_main and (parent is None or not parent.is_cell)
        if self._is_shared:
            active.set_cell_run(self.live)
        else:
            self.live.is_cell = True
            active.attach(self.live)

    def _captured(
        self, captured: Captured, promoted: Mapping[str, float]
    ) -> Iterable[bytes]:
        """Return the lines of what was found and the cell has not logged itself."""
        logged = self.logged
        metrics = {**captured.metrics, **promoted}
        values = {k: v for k, v in captured.values.items() if k not in metrics}
        params = {k: v for k, v in captured.params.items() if k not in logged.params}
        yield from self._texts(events.PARAM, params, "param")
        yield from self._texts(events.VALUE, values, "value")
        time_now = time.time_ns()
        for key, points in captured.curves.items():
            if key not in logged.points and _is_key(key, "metric"):
                for step, value in enumerate(points):
                    yield events.metric(self.live.run_id, key, value, step, time_now)
        for key, value in metrics.items():
            known = key in logged.points or key in captured.curves
            if not known and _is_key(key, "metric"):
                yield events.metric(self.live.run_id, key, value, 0, time_now)

    def _promoted(
        self, captured: Captured, namespace: Mapping[str, Any]
    ) -> dict[str, float]:
        """Return the numbers that ``--metric`` asks for."""
        found = {}
        for name in self.options.metrics:
            value = captured.values.get(name, namespace.get(name))
            try:
                found[name] = to_float(value, name)
            except InvalidValueError:
                if name not in captured.metrics and name not in captured.curves:
                    self.warnings.append(f"--metric {name}: the cell left no number")
        return found

    def _texts(
        self, kind: TextKind, values: Mapping[str, Any], what: str = ""
    ) -> Iterable[bytes]:
        for key, value in values.items():
            if value is not None and (not what or _is_key(key, what)):
                text = str(mask_value(key, value) if what else value)
                yield events.text(kind, self.live.run_id, key, text[:_MOST_TEXT])

    def _append(self, lines: Iterable[bytes]) -> None:
        joined = b"".join(lines)
        if joined:
            self.live.store.journal.append(joined)

    def _entity(self, status: str, now: int) -> Run:
        logged = self.logged
        begun = lifecycle.entity(self.live)
        tags = {**begun.data.tags, **logged.tags}
        info = RunInfo(
            run_id=begun.info.run_id,
            run_name=tags.get(lifecycle.NAME, begun.info.run_name),
            experiment_id=begun.info.experiment_id,
            user_id=begun.info.user_id,
            status=status,
            start_time=begun.info.start_time,
            end_time=now // 1_000_000,
            lifecycle_stage=begun.info.lifecycle_stage,
            artifact_uri=begun.info.artifact_uri,
        )
        data = RunData(
            metrics=logged.metrics,
            params=logged.params,
            tags=tags,
            values=logged.values,
            context=logged.context,
        )
        return Run(info, data)


def _is_key(key: str, what: str) -> bool:
    try:
        check_key(key, what)
    except InvalidValueError:
        return False
    return True


def _is_within(run: LiveRun | None, outer: LiveRun) -> bool:
    while run is not None and run is not outer:
        run = run.outer
    return run is outer


def _stored(store: Store, run_id: str) -> Logged:
    """Return what a run has logged when that is too much to read from the journal."""
    from celltrail.store.query import queries

    data = queries.get_run(store, run_id).data
    files = queries.artifact_files(store, run_id)
    points = {key: [(0, 0, value)] for key, value in data.metrics.items()}
    return Logged(
        data.params,
        data.tags,
        data.values,
        data.context,
        points,
        {file.path: file.size for file in files},
    )
