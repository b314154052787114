"""The one way in which facts of a run reach the journal.

`celltrail.tracking.fluent` and `MlflowClient` both end here. A batch is written with
one append, so it is in the journal as a whole or not at all.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from celltrail.errors import NotFoundError, nearest
from celltrail.store import events
from celltrail.tracking import handles
from celltrail.tracking.keys import check_key
from celltrail.tracking.scalars import to_float, to_nanoseconds, to_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from celltrail.entities import DatasetInput, Metric, Param, RunTag
    from celltrail.tracking.active import LiveRun

__all__ = ["batch", "delete_tag", "inputs", "metrics", "params", "status", "tags"]

_PIECE = 2**20


def metrics(
    run: LiveRun,
    values: Mapping[str, Any],
    step: Any = None,
    timestamp: Any = None,
) -> None:
    """Log one point of each metric, all with the same step and time."""
    number = to_step(step)
    time = to_nanoseconds(timestamp) if timestamp is not None else time_ns()
    run_id = run.run_id
    lines = [
        events.metric(
            run_id, check_key(key, "metric"), to_float(value, key), number, time
        )
        for key, value in values.items()
    ]
    _append(run, lines)


def params(run: LiveRun, values: Mapping[str, Any]) -> None:
    """Log params; a param logged before gets the new value."""
    _texts(run, events.PARAM, values, "param")


def tags(run: LiveRun, values: Mapping[str, Any]) -> None:
    """Set tags."""
    _texts(run, events.TAG, values, "tag")


def delete_tag(run: LiveRun, key: str) -> None:
    """Remove one tag.

    Raises
    ------
    NotFoundError
        When the run has no such tag.
    """
    present = handles.get_run(run.store, run.run_id).data.tags
    if key not in present:
        message = (
            f"No tag with name: {key} in run with id {run.run_id}."
            f"{nearest(key, present)}"
        )
        raise NotFoundError(message)
    _append(run, [events.text(events.TAG, run.run_id, check_key(key, "tag"), None)])


def batch(
    run: LiveRun,
    points: Iterable[Metric] = (),
    parameters: Iterable[Param] = (),
    run_tags: Iterable[RunTag] = (),
) -> None:
    """Log metrics, params and tags, each metric with its own step and time."""
    run_id = run.run_id
    lines = [
        events.metric(
            run_id,
            check_key(point.key, "metric"),
            to_float(point.value, point.key),
            to_step(point.step),
            to_nanoseconds(point.timestamp),
        )
        for point in points
    ]
    lines += [_text(run_id, events.PARAM, p.key, p.value, "param") for p in parameters]
    lines += [_text(run_id, events.TAG, t.key, t.value, "tag") for t in run_tags]
    _append(run, lines)


def inputs(run: LiveRun, datasets: Iterable[DatasetInput]) -> None:
    """Log the datasets a run used."""
    lines = []
    for used in datasets:
        dataset = used.dataset
        facts = {
            "source_type": dataset.source_type,
            "source": dataset.source,
            "schema": dataset.schema,
            "profile": dataset.profile,
            "tags": {tag.key: str(tag.value) for tag in used.tags},
        }
        line = events.dataset_input(run.run_id, dataset.name, dataset.digest, facts)
        lines.append(line)
    _append(run, lines)


def status(run: LiveRun, name: str, time: int | None = None) -> None:
    """Log that a run has ended, or goes on; `time` in nanoseconds."""
    run.store.journal.append(events.run_status(run.run_id, name, time))


def _texts(
    run: LiveRun, kind: events.TextKind, values: Mapping[str, Any], what: str
) -> None:
    lines = [_text(run.run_id, kind, key, value, what) for key, value in values.items()]
    _append(run, lines)


def _text(run_id: str, kind: events.TextKind, key: str, value: Any, what: str) -> bytes:
    return events.text(kind, run_id, check_key(key, what), str(value))


def _append(run: LiveRun, lines: list[bytes]) -> None:
    """Write lines with as few appends as a segment's size allows."""
    run.logged = True
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > _PIECE:
            run.store.journal.append(b"".join(piece))
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        run.store.journal.append(b"".join(piece))
