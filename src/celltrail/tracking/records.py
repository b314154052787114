"""Finding runs, and deleting and restoring them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, overload

from celltrail.entities import LifecycleStage, ViewType
from celltrail.errors import InvalidValueError
from celltrail.tracking import experiment_core as experiments
from celltrail.tracking import handles
from celltrail.tracking.location import current_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = [
    "delete_run",
    "get_parent_run",
    "get_run",
    "parent_of",
    "restore_run",
    "search_runs",
    "set_stage",
    "sql",
]

logger = logging.getLogger(__name__)

_MANY = 100_000
_PAGE = 10_000
_PARENT = "mlflow.parentRunId"


def get_run(run_id: str) -> Run:
    """Return a run with what it recorded.

    Parameters
    ----------
    run_id
        Id, unique prefix, name, ``@last``, ``@prev`` or ``@best:auc``.

    Raises
    ------
    NotFoundError
        When there is no such run.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_metric("auc", 0.87)
    >>> celltrail.get_run(run.info.run_id).data.metrics
    {'auc': 0.87}
    """
    return handles.get_run(current_store(), run_id)


def get_parent_run(run_id: str) -> Run | None:
    """Return the run that a run is a child of; None when it is of none.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run(run_name="sweep"):
    ...     with celltrail.start_run(nested=True) as child:
    ...         pass
    >>> celltrail.get_parent_run(child.info.run_id).info.run_name
    'sweep'
    """
    return parent_of(current_store(), run_id)


def delete_run(run_id: str) -> None:
    """Mark a run as deleted; `restore_run` undoes it until ``celltrail gc``.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     pass
    >>> celltrail.delete_run(run.info.run_id)
    """
    set_stage(current_store(), run_id, LifecycleStage.DELETED)


def restore_run(run_id: str) -> None:
    """Bring a deleted run back.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     pass
    >>> celltrail.delete_run(run.info.run_id)
    >>> celltrail.restore_run(run.info.run_id)
    """
    set_stage(current_store(), run_id, LifecycleStage.ACTIVE)


@overload
def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MANY,
    order_by: Sequence[str] | None = None,
    output_format: Literal["pandas"] = "pandas",
    search_all_experiments: bool = False,  # noqa: FBT001, FBT002
    experiment_names: Sequence[str] | None = None,
) -> pd.DataFrame: ...


@overload
def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MANY,
    order_by: Sequence[str] | None = None,
    output_format: Literal["list"] = ...,
    search_all_experiments: bool = False,  # noqa: FBT001, FBT002
    experiment_names: Sequence[str] | None = None,
) -> list[Run]: ...


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = _MANY,
    order_by: Sequence[str] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
    search_all_experiments: bool = False,  # noqa: FBT001, FBT002 (MLflow's signature)
    experiment_names: Sequence[str] | None = None,
) -> pd.DataFrame | list[Run]:
    """Return the runs that match, as a wide table or a list.

    Parameters
    ----------
    experiment_ids, experiment_names
        Where to look, by one or the other; by default the active experiment.
    filter_string
        As in ``"metrics.auc > 0.9 AND params.model = 'rf'"``; also OR, NOT,
        parentheses, BETWEEN, IN, and comparison of params as numbers.
    run_view_type
        Which lifecycle stages: one of `celltrail.entities.ViewType`.
    max_results
        How many at most.
    order_by
        As in ``["metrics.auc DESC"]``; by default those started last first.
    output_format
        ``"pandas"`` for columns ``metrics.x``, ``params.y``, ``tags.z``; ``"list"``.
    search_all_experiments
        Whether to look everywhere when no experiment is named.

    Raises
    ------
    InvalidValueError
        When the filter makes no sense; the message says where.

    Examples
    --------
    >>> import celltrail
    >>> for depth in (2, 3):
    ...     with celltrail.start_run():
    ...         _ = celltrail.log_param("depth", depth)
    ...         celltrail.log_metric("auc", depth / 4)
    >>> found = celltrail.search_runs(filter_string="metrics.auc > 0.6")
    >>> found["params.depth"].tolist()
    ['3']
    """
    store = current_store()
    if output_format not in {"pandas", "list"}:
        message = (
            f"Unsupported output format: {output_format}. Supported string values are "
            "'pandas' or 'list'"
        )
        raise InvalidValueError(message)
    ids = _experiments(
        store, experiment_ids, experiment_names, everywhere=search_all_experiments
    )
    question = (store, ids, filter_string, run_view_type)
    if output_format == "pandas":
        from celltrail.store.query import search

        return search.runs_frame(*question, max_results, order_by=order_by)
    return _all_pages(*question, max_results=max_results, order_by=order_by)


def sql(query: str, *params: Any) -> pd.DataFrame:
    """Return the answer of the store to one SELECT.

    It sees ``runs``, ``runs_wide``, ``params``, ``metrics``, ``latest_metrics``,
    ``tags``, ``artifacts``, ``experiments`` and ``cells``; it cannot write, nor read
    files.

    Parameters
    ----------
    query
        One SELECT in DuckDB's SQL.
    params
        Values for its ``?``.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run(run_name="baseline"):
    ...     celltrail.log_metric("auc", 0.87)
    >>> query = "SELECT name, metrics['auc'] AS auc FROM runs WHERE status = ?"
    >>> celltrail.sql(query, "FINISHED").to_dict("records")
    [{'name': 'baseline', 'auc': 0.87}]
    """
    from celltrail.store.query.sandbox import run_sql

    return run_sql(current_store(), query, params)


def parent_of(store: Store, run_id: str) -> Run | None:
    """Return the run of `store` that a run is a child of."""
    parent = handles.get_run(store, run_id).data.tags.get(_PARENT)
    return None if parent is None else handles.get_run(store, parent)


def set_stage(store: Store, reference: str, stage: str) -> None:
    """Delete or restore a run of `store`."""
    from celltrail.store import decisions

    run_id = handles.resolve(store, reference)
    decisions.set_run_stage(store, [run_id], stage)
    handles.forget(store, run_id)


def _experiments(
    store: Store,
    ids: Sequence[str] | None,
    names: Sequence[str] | None,
    *,
    everywhere: bool,
) -> list[str]:
    """Return the ids of the experiments to look in."""
    from celltrail.store.query import queries

    if ids and names:
        message = "Only experiment_ids or experiment_names can be used, but not both"
        raise InvalidValueError(message)
    if isinstance(ids, str) or isinstance(names, str):
        text = repr(ids or names)
        message = (
            f"experiment_ids and experiment_names are lists; got the text {text}. "
            f"Did you mean [{text}]?"
        )
        raise InvalidValueError(message)
    if ids:
        return [str(each) for each in ids]
    if names:
        found = [queries.get_experiment_by_name(store, name) for name in names]
        for name, experiment in zip(names, found, strict=True):
            if experiment is None:
                logger.warning("Cannot retrieve experiment by name %s", name)
        return [each.experiment_id for each in found if each is not None]
    if everywhere:
        return [each.experiment_id for each in experiments.search_all(store)]
    return [experiments.active_experiment_id(store)]


def _all_pages(
    store: Store,
    ids: list[str],
    filter_string: str,
    view_type: int,
    *,
    max_results: int,
    order_by: Sequence[str] | None,
) -> list[Run]:
    from celltrail.store.query import search

    found: list[Run] = []
    token: str | None = None
    while ids and len(found) < max_results:
        page = search.search_runs(
            store,
            ids,
            filter_string,
            view_type,
            min(_PAGE, max_results - len(found)),
            order_by=order_by,
            page_token=token,
        )
        found.extend(page)
        token = page.token
        if token is None:
            break
    return found
