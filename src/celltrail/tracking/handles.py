"""Runs named by the caller: found once in the store, then remembered."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from celltrail.entities import LifecycleStage
from celltrail.errors import InvalidValueError
from celltrail.tracking import active
from celltrail.tracking.active import LiveRun

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = ["forget", "get_run", "handle", "remember", "resolve"]

_MANY = 4096
_known: OrderedDict[tuple[str, str], LiveRun] = OrderedDict()


def resolve(store: Store, reference: str) -> str:
    """Return the id of the run that an id, prefix, name or ``@last`` means."""
    if re.fullmatch("[0-9a-f]{32}", str(reference)):
        return str(reference)
    from celltrail.store.query.references import resolve_run

    return resolve_run(store, str(reference))


def get_run(store: Store, reference: str) -> Run:
    """Return a run from the store.

    Raises
    ------
    NotFoundError
        When there is none of that name.
    """
    from celltrail.store.query import queries

    return queries.get_run(store, resolve(store, reference))


def handle(store: Store, reference: str) -> LiveRun:
    """Return what it takes to log to a run that the caller names.

    Raises
    ------
    NotFoundError
        When there is none of that name.
    InvalidValueError
        When it is deleted.
    """
    run = active.find_open(store, reference) or _known.get((store.uri, reference))
    if run is not None:
        return run
    found = get_run(store, reference)
    info = found.info
    if info.lifecycle_stage != LifecycleStage.ACTIVE:
        message = (
            f"The run {info.run_id} must be in the 'active' state. Current state is "
            f"{info.lifecycle_stage}. Restore it first: "
            f"celltrail.restore_run({info.run_id!r})"
        )
        raise InvalidValueError(message)
    return remember(LiveRun(store, info.run_id, info.experiment_id, found))


def remember(run: LiveRun) -> LiveRun:
    """Keep a run that is known to exist, so that logging to it asks nobody."""
    _known[run.store.uri, run.run_id] = run
    if len(_known) > _MANY:
        _known.popitem(last=False)
    return run


def forget(store: Store, run_id: str) -> None:
    """Drop a run that was deleted or restored."""
    _known.pop((store.uri, run_id), None)
