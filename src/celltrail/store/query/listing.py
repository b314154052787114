"""Lists as people read them: without fruitless runs, ordered by bare keys, counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from celltrail.entities import ViewType
from celltrail.errors import NotFoundError, nearest
from celltrail.store.query.fields import RUNS
from celltrail.store.query.queries import (
    get_experiment_by_name,
    run_keys,
    search_experiments,
)
from celltrail.store.query.search import search_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celltrail.entities import Experiment, Run
    from celltrail.store.store import Store

__all__ = [
    "Listing",
    "RunCount",
    "find_experiment",
    "list_runs",
    "order_clause",
    "runs_by_experiment",
]

_PAGE = 1000
_QUOTES = ("`", '"', "'")
_MAPS = ("metrics", "params", "values", "tags", "context")


class Listing(NamedTuple):
    """Runs to show, how many were hidden, and whether there are more."""

    runs: list[Run]
    hidden: int
    has_more: bool


class RunCount(NamedTuple):
    """How many active runs an experiment has, and when the last began (ms)."""

    runs: int
    last_start: int | None


def list_runs(
    store: Store,
    filter_string: str = "",
    *,
    experiment_ids: Sequence[str] | None = None,
    order_by: Sequence[str] | None = None,
    limit: int | None = None,
    view_type: int = ViewType.ACTIVE_ONLY,
    show_all: bool = False,
) -> Listing:
    """Return the runs that match, without those that ended early with nothing to show.

    FAILED and KILLED runs that have no metric are hidden, unless `show_all` is set or
    the filter speaks of the status.

    Parameters
    ----------
    experiment_ids
        The experiments to look in; None for all.
    limit
        The most runs to return; None for all.
    """
    show_all = show_all or re.search(r"\bstatus\b", filter_string) is not None
    shown: list[Run] = []
    hidden, token = 0, None
    while True:
        page = search_runs(
            store,
            experiment_ids,
            filter_string,
            view_type,
            max_results=_PAGE,
            order_by=order_by,
            page_token=token,
        )
        fruitful = [run for run in page if show_all or not _is_fruitless(run)]
        hidden += len(page) - len(fruitful)
        shown += fruitful
        token = page.token
        if token is None or (limit is not None and len(shown) > limit):
            break
    has_more = limit is not None and len(shown) > limit
    return Listing(shown[:limit], hidden, has_more)


def order_clause(store: Store, key: str, direction: str) -> str:
    """Return the `order_by` clause for a key as people type it.

    ``auc`` is the metric of that name, or else the param, value or tag; a full name
    such as ``params.depth`` or ``start_time`` is taken as it is.

    Raises
    ------
    NotFoundError
        When no run has such a key.
    """
    first = key.partition(".")[0]
    if key in RUNS.attributes or key in RUNS.aliases:
        return f"{key} {direction}" if key.isidentifier() else f"`{key}` {direction}"
    known: list[str] = []
    for name in _MAPS:
        keys = run_keys(store, name)
        if key in keys:
            return f"{name}.{_quoted(key)} {direction}"
        known += keys
    if first in RUNS.entities and first != key:
        rest = key.partition(".")[2]
        named = rest if rest.startswith(_QUOTES) else _quoted(rest)
        return f"{first}.{named} {direction}"
    message = (
        f"No run has the metric or param {key!r}."
        f"{nearest(key, [*known, *RUNS.attributes])}"
    )
    raise NotFoundError(message)


def find_experiment(store: Store, text: str) -> Experiment:
    """Return the experiment of that name, or else of that id.

    Raises
    ------
    NotFoundError
        When there is neither; the message names the nearest.
    """
    found = get_experiment_by_name(store, text)
    if found is not None:
        return found
    known = search_experiments(store, ViewType.ALL, max_results=50_000)
    for experiment in known:
        if experiment.experiment_id == text:
            return experiment
    names = [experiment.name for experiment in known]
    message = (
        f"There is no experiment {text!r}.{nearest(text, names)} "
        "celltrail experiments lists them."
    )
    raise NotFoundError(message)


def runs_by_experiment(store: Store) -> dict[str, RunCount]:
    """Return how many active runs each experiment has, by its id."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT experiment_id::VARCHAR, count(*), epoch_ms(max(start_time)) "
            "FROM runs WHERE lifecycle_stage = 'active' GROUP BY experiment_id"
        ).fetchall()
    return {number: RunCount(count, last) for number, count, last in rows}


def _is_fruitless(run: Run) -> bool:
    return run.info.status in {"FAILED", "KILLED"} and not run.data.metrics


def _quoted(key: str) -> str:
    """Return a key in quotes that it does not contain."""
    mark = next((mark for mark in _QUOTES if mark not in key), "`")
    return f"{mark}{key}{mark}"
