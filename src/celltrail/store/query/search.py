"""Searching runs: pages of entities, and wide tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.entities import LifecycleStage, PagedList, ViewType
from celltrail.errors import InvalidValueError
from celltrail.store.query.filters import Condition, compile_filter
from celltrail.store.query.ordering import compile_order
from celltrail.store.query.paging import (
    check_max_results,
    fingerprint,
    page_offset,
    page_token,
)
from celltrail.store.query.rows import select_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from celltrail.entities import Run
    from celltrail.store.store import Store

__all__ = ["experiment_numbers", "runs_frame", "search_runs", "stages_of"]

_NEWEST_FIRST = "start_time DESC, run_id"
_STAGES = {
    ViewType.ACTIVE_ONLY: (LifecycleStage.ACTIVE,),
    ViewType.DELETED_ONLY: (LifecycleStage.DELETED,),
    ViewType.ALL: (LifecycleStage.ACTIVE, LifecycleStage.DELETED),
}


def search_runs(
    store: Store,
    experiment_ids: Iterable[str] | None,
    filter_string: str | None = "",
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 1000,
    *,
    order_by: Sequence[str] | None = None,
    page_token: str | None = None,
    max_age: float | None = None,
) -> PagedList[Run]:
    """Return one page of the runs that match, and the token of the next.

    Parameters
    ----------
    store
        Where to look.
    experiment_ids
        The experiments to look in; None for all.
    filter_string
        See `celltrail.store.query.filters`.
    view_type
        One of `ViewType`.
    max_results
        The size of the page, 1 to 50,000.
    order_by
        Texts such as ``metrics.auc DESC``; the newest come first otherwise.
    page_token
        The `token` of the page before.
    max_age
        Seconds for which an earlier view of the store is fresh enough.

    Raises
    ------
    InvalidValueError
        When an argument makes no sense; a filter's error shows where.
    """
    size = check_max_results(max_results)
    numbers = experiment_numbers(experiment_ids)
    order = None if order_by is None else list(order_by)
    question = fingerprint(numbers, filter_string, view_type, order)
    offset = page_offset(page_token, question)
    rest = _matching(numbers, filter_string, view_type, order_by, (size + 1, offset))
    with store.reading(max_age=max_age) as connection:
        runs = select_runs(connection, rest)
    return PagedList(runs[:size], _next_token(len(runs), size, offset, question))


def runs_frame(
    store: Store,
    experiment_ids: Iterable[str] | None,
    filter_string: str | None = "",
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    *,
    order_by: Sequence[str] | None = None,
    extra: Sequence[str] = (),
    max_age: float | None = None,
) -> pd.DataFrame:
    """Return the runs that match as a table with a column for each key.

    The columns are MLflow's: ``run_id``, ``experiment_id``, ``status``,
    ``artifact_uri``, ``start_time``, ``end_time``, then ``metrics.…``, ``params.…`` and
    ``tags.…``, each by name.

    Parameters
    ----------
    store, experiment_ids, filter_string, view_type, order_by, max_age
        As for `search_runs`.
    max_results
        The largest number of rows.
    extra
        ``"values"``, ``"context"`` or both, for those columns too.
    """
    # Brings pandas, which whoever wants no table can do without.
    from celltrail.store.query.wide import wide_frame

    numbers = experiment_numbers(experiment_ids)
    rest = _matching(numbers, filter_string, view_type, order_by, (max_results, 0))
    with store.reading(max_age=max_age) as connection:
        return wide_frame(connection, rest, extra, is_page=max_results <= _PAGE)


# A page is copied aside to look up its keys; a large table is cheaper searched twice.
_PAGE = 2000


def experiment_numbers(experiment_ids: Iterable[str] | None) -> list[int] | None:
    """Return experiment ids as the numbers they are; None stays None (all)."""
    if experiment_ids is None:
        return None
    if isinstance(experiment_ids, str):
        message = f"experiment_ids is a list of ids, not the text {experiment_ids!r}."
        raise InvalidValueError(message)
    return [_number(each) for each in experiment_ids]


def stages_of(view_type: int) -> tuple[str, ...]:
    """Return the lifecycle stages a view type shows."""
    if view_type not in _STAGES:
        message = (
            f"{view_type!r} is no view type. Use ViewType.ACTIVE_ONLY, DELETED_ONLY or "
            "ALL."
        )
        raise InvalidValueError(message)
    return _STAGES[view_type]


def _number(experiment_id: object) -> int:
    try:
        return int(str(experiment_id))
    except ValueError:
        message = (
            f"Invalid experiment ID {experiment_id!r}. Experiment ID must be a valid "
            "integer."
        )
        raise InvalidValueError(message) from None


def _matching(
    numbers: list[int] | None,
    filter_string: str | None,
    view_type: int,
    order_by: Sequence[str] | None,
    limits: tuple[int, int],
) -> Condition:
    """Return WHERE, ORDER BY and LIMIT of a search."""
    stages = stages_of(view_type)
    found = compile_filter(filter_string)
    order = compile_order(order_by, _NEWEST_FIRST)
    scope = Condition(f"lifecycle_stage IN ({_marks(stages)})", stages)
    if numbers is not None:
        inside = f"experiment_id IN ({_marks(numbers)})" if numbers else "false"
        scope = Condition(f"{scope.sql} AND {inside}", (*stages, *numbers))
    return Condition(
        f"WHERE {scope.sql} AND {found.sql} ORDER BY {order.sql} LIMIT ? OFFSET ?",
        (*scope.parameters, *found.parameters, *order.parameters, *limits),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _next_token(found: int, size: int, offset: int, question: str) -> str | None:
    return page_token(offset + size, question) if found > size else None
