"""Experiments: making, finding and changing them, and which one is active."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrail.entities import ViewType
from celltrail.errors import InvalidValueError
from celltrail.tracking import experiment_core as core
from celltrail.tracking.location import current_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.entities import Experiment

__all__ = [
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "get_experiment",
    "get_experiment_by_name",
    "rename_experiment",
    "restore_experiment",
    "search_experiments",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
]


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None
) -> Experiment:
    """Return the experiment that new runs go to from now on, creating it if needed.

    Parameters
    ----------
    experiment_name
        Case-sensitive. One that does not exist is created.
    experiment_id
        Instead of a name; has to exist.

    Raises
    ------
    InvalidValueError
        Unless exactly one of the two is given; when the experiment is deleted.
    NotFoundError
        When there is no experiment of that id.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.set_experiment("bankchurn").name
    'bankchurn'
    """
    if (experiment_name is None) == (experiment_id is None):
        message = (
            "Must specify exactly one of: `experiment_id` or `experiment_name`. "
            f"Got {experiment_name!r} and {experiment_id!r}."
        )
        raise InvalidValueError(message)
    return core.activate(current_store(), experiment_name, experiment_id)


def create_experiment(
    name: str,
    artifact_location: str | None = None,
    tags: Mapping[str, Any] | None = None,
) -> str:
    """Return the id of a new experiment.

    Raises
    ------
    AlreadyExistsError
        When one of that name exists, deleted ones included.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.create_experiment("churn", tags={"team": "growth"})
    '1'
    """
    return core.create(current_store(), name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """Return the experiment of that id.

    Raises
    ------
    NotFoundError
        When there is none.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.get_experiment("0").name
    'Default'
    """
    from celltrail.store.query import queries

    return queries.get_experiment(current_store(), str(experiment_id))


def get_experiment_by_name(name: str) -> Experiment | None:
    """Return the experiment of that name, deleted or not; None when there is none.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.get_experiment_by_name("no such") is None
    True
    """
    from celltrail.store.query import queries

    return queries.get_experiment_by_name(current_store(), name)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[Experiment]:
    """Return the experiments that match, those updated last first.

    Parameters
    ----------
    view_type
        Which lifecycle stages: one of `celltrail.entities.ViewType`.
    max_results
        None returns all.
    filter_string
        As in ``"name LIKE 'churn%' AND tags.team = 'growth'"``.
    order_by
        As in ``["name DESC"]``.

    Examples
    --------
    >>> import celltrail
    >>> [experiment.name for experiment in celltrail.search_experiments()]
    ['Default']
    """
    return core.search_all(
        current_store(), view_type, max_results, filter_string, order_by
    )


def delete_experiment(experiment_id: str) -> None:
    """Mark an experiment and its runs as deleted; `restore_experiment` undoes it.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.delete_experiment(celltrail.create_experiment("a mistake"))
    """
    core.delete(current_store(), experiment_id)


def restore_experiment(experiment_id: str) -> None:
    """Bring a deleted experiment and its runs back.

    Examples
    --------
    >>> import celltrail
    >>> experiment_id = celltrail.create_experiment("not a mistake")
    >>> celltrail.delete_experiment(experiment_id)
    >>> celltrail.restore_experiment(experiment_id)
    """
    core.restore(current_store(), experiment_id)


def rename_experiment(experiment_id: str, new_name: str) -> None:
    """Give an experiment another name.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.rename_experiment(celltrail.create_experiment("old"), "new")
    """
    core.rename(current_store(), experiment_id, new_name)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag on the active experiment.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.set_experiment_tag("team", "growth")
    """
    set_experiment_tags({key: value})


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set tags on the active experiment.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.set_experiment_tags({"team": "growth", "quarter": 3})
    """
    store = current_store()
    experiment_id = core.active_experiment_id(store)
    for key, value in tags.items():
        core.set_tag(store, experiment_id, key, value)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag from the active experiment.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.set_experiment_tag("team", "growth")
    >>> celltrail.delete_experiment_tag("team")
    """
    store = current_store()
    core.delete_tag(store, core.active_experiment_id(store), key)
