"""Logging metrics, params and tags to the active run."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from celltrail.entities import DatasetInput
from celltrail.store import events
from celltrail.tracking import handles, record
from celltrail.tracking.active import context_run
from celltrail.tracking.keys import check_key
from celltrail.tracking.location import current_store
from celltrail.tracking.runs import get_or_start
from celltrail.tracking.scalars import to_float, to_nanoseconds, to_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.data.dataset import Dataset
    from celltrail.entities import Metric, Param, RunTag
    from celltrail.tracking.active import LiveRun

__all__ = [
    "RunOperations",
    "delete_tag",
    "log_batch",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "set_tag",
    "set_tags",
    "target",
]

_INT64 = 2**63


class RunOperations:
    """What MLflow returns for ``synchronous=False``; here it is done already."""

    def wait(self) -> None:
        """Return at once: what was logged is in the journal."""


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,  # noqa: ARG001 (MLflow's signature)
    dataset: Dataset | None = None,
) -> RunOperations | None:
    """Log one point of a metric.

    When the call returns, the point survives the death of the process.

    Parameters
    ----------
    key
        Alphanumerics, ``_ - . : /`` and spaces, at most 250 characters.
    value
        A number, or an array or tensor that holds one. NaN and ±inf are kept.
    step
        An integer; 0 when not given.
    synchronous
        Accepted for MLflow's sake; every call is complete when it returns.
    timestamp
        Milliseconds since 1970; now when not given.
    run_id
        Another run than the active one.
    model_id
        Accepted for MLflow's sake.
    dataset
        The dataset the metric was computed on; it is logged as an input.

    Raises
    ------
    InvalidValueError
        When key, value, step or timestamp are not allowed.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     for epoch in range(3):
    ...         celltrail.log_metric("loss", 1 / (epoch + 1), step=epoch)
    """
    if (
        type(value) is float
        and value - value == 0.0
        and (step is None or (type(step) is int and -_INT64 <= step < _INT64))
        and timestamp is None
        and run_id is None
        and dataset is None
        and synchronous is None
    ):
        run = context_run.get()
        prefix = run.prefixes.get(key)
        if prefix is not None:
            line = f'{prefix}{step or 0},"v":{value!r},"t":{time_ns()}}}\n'
            run.store.journal.append(line.encode())
            return None
    run = target(run_id)
    _log_dataset(run, dataset)
    _log_point(run, key, value, step, timestamp)
    return operations(synchronous)


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,  # noqa: ARG001 (MLflow's signature)
    dataset: Dataset | None = None,
) -> RunOperations | None:
    """Log one point of each of several metrics, all at the same step and time.

    Parameters
    ----------
    metrics
        Keys and values, as for `log_metric`.
    step, synchronous, run_id, timestamp, model_id, dataset
        As for `log_metric`.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_metrics({"auc": 0.87, "f1": 0.71}, step=1)
    """
    run = target(run_id)
    _log_dataset(run, dataset)
    record.metrics(run, metrics, step, timestamp)
    return operations(synchronous)


def log_param(
    key: str,
    value: Any,
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
) -> Any:
    """Log a param and return its value.

    A param logged before gets the new value; the store remembers the old one.

    Parameters
    ----------
    key
        As for `log_metric`.
    value
        Kept as text, however long.
    synchronous
        Accepted for MLflow's sake.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_param("depth", 3)
    3
    """
    record.params(get_or_start(), {key: value})
    return value if synchronous is not False else RunOperations()


def log_params(
    params: Mapping[str, Any],
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    run_id: str | None = None,
) -> RunOperations | None:
    """Log several params.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_params({"depth": 3, "criterion": "gini"})
    """
    record.params(target(run_id), params)
    return operations(synchronous)


def set_tag(
    key: str,
    value: Any,
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
) -> RunOperations | None:
    """Set a tag; one set before gets the new value.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.set_tag("stage", "dev")
    """
    return set_tags({key: value}, synchronous)


def set_tags(
    tags: Mapping[str, Any],
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
) -> RunOperations | None:
    """Set several tags.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.set_tags({"stage": "dev", "reviewed": False})
    """
    record.tags(get_or_start(), tags)
    return operations(synchronous)


def delete_tag(key: str) -> None:
    """Remove a tag from the active run.

    Raises
    ------
    NotFoundError
        When the run has no such tag.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run(tags={"stage": "dev"}):
    ...     celltrail.delete_tag("stage")
    """
    record.delete_tag(get_or_start(), key)


def log_batch(
    run_id: str | None = None,
    metrics: Sequence[Metric] = (),
    params: Sequence[Param] = (),
    tags: Sequence[RunTag] = (),
    synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
) -> RunOperations | None:
    """Log metrics, params and tags together, to the active run unless one is named.

    Examples
    --------
    >>> import celltrail
    >>> from celltrail.entities import Metric, Param
    >>> with celltrail.start_run():
    ...     celltrail.log_batch(
    ...         metrics=[Metric("loss", 0.5, timestamp=0, step=1)],
    ...         params=[Param("depth", "3")],
    ...     )
    """
    record.batch(target(run_id), metrics, params, tags)
    return operations(synchronous)


def target(run_id: str | None) -> LiveRun:
    """Return the run that the caller names, or the active one."""
    return get_or_start() if run_id is None else handles.handle(current_store(), run_id)


def operations(synchronous: bool | None) -> RunOperations | None:  # noqa: FBT001
    """Return what MLflow returns for this value of `synchronous`."""
    return RunOperations() if synchronous is False else None


def _log_point(run: LiveRun, key: Any, value: Any, step: Any, timestamp: Any) -> None:
    """Log a point that the fast path does not take, and clear its way for the next."""
    prefix = run.prefixes.get(key) if isinstance(key, str) else None
    if prefix is None:
        prefix = events.metric_prefix(run.run_id, check_key(key, "metric"))
    number = events.number(to_float(value, key))
    time = time_ns() if timestamp is None else to_nanoseconds(timestamp)
    line = f'{prefix}{to_step(step)},"v":{number},"t":{time}}}\n'
    run.store.journal.append(line.encode())
    if not run.ended:
        run.prefixes[key] = prefix


def _log_dataset(run: LiveRun, dataset: Dataset | None) -> None:
    if dataset is not None:
        record.inputs(run, [DatasetInput(dataset.to_entity())])
