"""What the fluent API and the client both do with experiments, given a store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from celltrail.entities import LifecycleStage, ViewType
from celltrail.errors import (
    AlreadyExistsError,
    InvalidTypeError,
    InvalidValueError,
    NotFoundError,
)
from celltrail.settings import load_settings
from celltrail.tracking import inherit
from celltrail.tracking.keys import check_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.entities import Experiment, PagedList
    from celltrail.store import Store

__all__ = [
    "MAX_RESULTS",
    "activate",
    "active_experiment_id",
    "check_is_active",
    "chosen_experiment_id",
    "create",
    "delete",
    "delete_tag",
    "forget",
    "rename",
    "restore",
    "search",
    "search_all",
    "set_tag",
]

logger = logging.getLogger(__name__)

DEFAULT_ID = "0"
MAX_NAME = 500
MAX_RESULTS = 1000
_active: dict[str, str] = {}
_known: set[tuple[str, str]] = set()
_named: dict[tuple[str, str], str] = {}


def activate(
    store: Store, name: str | None = None, experiment_id: str | None = None
) -> Experiment:
    """Make an experiment the active one of `store` and return it."""
    from celltrail.store.query import queries

    if experiment_id is not None:
        experiment = queries.get_experiment(store, str(experiment_id))
    else:
        experiment = _get_or_create(store, str(name))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        message = (
            f"Cannot set a deleted experiment {experiment.name!r} as the active "
            "experiment. You can restore the experiment (celltrail.restore_experiment"
            f"({experiment.experiment_id!r})), or permanently delete it to create a "
            "new one."
        )
        raise InvalidValueError(message)
    _active[store.uri] = experiment.experiment_id
    _known.add((store.uri, experiment.experiment_id))
    inherit.publish(
        store=store.uri,
        experiment_store=store.uri,
        experiment_id=experiment.experiment_id,
    )
    return experiment


def active_experiment_id(store: Store) -> str:
    """Return the id of the experiment that new runs of `store` go to."""
    if store.uri in _active:
        return _active[store.uri]
    facts = inherit.parent_facts()
    if facts is not None and facts.get("experiment_store") == store.uri:
        told = facts.get("experiment_id")
        if told is not None:
            return told
    return _from_settings(store) or DEFAULT_ID


def chosen_experiment_id(store: Store) -> str | None:
    """Return the id of the experiment that `set_experiment` chose in this process."""
    return _active.get(store.uri)


def check_is_active(store: Store, experiment_id: object) -> str:
    """Return the id of an experiment that takes runs.

    Raises
    ------
    NotFoundError
        When there is no such experiment.
    InvalidValueError
        When it is deleted, or the id is none.
    """
    from celltrail.store.query import queries

    if not isinstance(experiment_id, (str, int)):
        message = (
            f"Invalid experiment id: {experiment_id!r} of type "
            f"{type(experiment_id).__name__}. Must be one of str, int, or None."
        )
        raise InvalidTypeError(message)
    wanted = str(experiment_id)
    if wanted != DEFAULT_ID and (store.uri, wanted) not in _known:
        experiment = queries.get_experiment(store, wanted)
        if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
            message = (
                f"The experiment {wanted} must be in the 'active' state. Current state "
                f"is {experiment.lifecycle_stage}. Restore it first: "
                f"celltrail.restore_experiment({wanted!r})"
            )
            raise InvalidValueError(message)
        _known.add((store.uri, wanted))
    return wanted


def forget(store: Store) -> None:
    """Drop what is known of a store's experiments, as its files were removed."""
    uri = store.uri
    _known.difference_update([key for key in _known if key[0] == uri])
    for key in [key for key in _named if key[0] == uri]:
        del _named[key]


def create(
    store: Store,
    name: str,
    artifact_location: str | None = None,
    tags: Mapping[str, Any] | None = None,
) -> str:
    """Create an experiment in `store` and return its id."""
    from celltrail.store import decisions

    texts = {check_key(key, "tag"): str(value) for key, value in (tags or {}).items()}
    return decisions.create_experiment(
        store, _check_name(name), artifact_location, texts
    )


def search(
    store: Store,
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = MAX_RESULTS,
    *,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
    page_token: str | None = None,
) -> PagedList[Experiment]:
    """Return one page of the experiments of `store` that match."""
    from celltrail.store.query import queries

    return queries.search_experiments(
        store,
        view_type=view_type,
        max_results=MAX_RESULTS if max_results is None else max_results,
        filter_string=filter_string,
        order_by=order_by,
        page_token=page_token,
    )


def search_all(
    store: Store,
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[Experiment]:
    """Return the experiments of `store` that match, whatever the number of pages."""
    found: list[Experiment] = []
    token: str | None = None
    while max_results is None or len(found) < max_results:
        left = MAX_RESULTS if max_results is None else max_results - len(found)
        page = search(
            store,
            view_type,
            min(left, MAX_RESULTS),
            filter_string=filter_string,
            order_by=order_by,
            page_token=token,
        )
        found.extend(page)
        token = page.token
        if token is None:
            break
    return found


def delete(store: Store, experiment_id: str) -> None:
    """Mark an experiment of `store` and its runs as deleted."""
    from celltrail.store import decisions
    from celltrail.store.query import queries

    experiment = queries.get_experiment(store, str(experiment_id))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        message = f"No active experiment with id {experiment_id!r}: it is deleted."
        raise NotFoundError(message)
    decisions.set_experiment_stage(store, str(experiment_id), LifecycleStage.DELETED)
    _known.discard((store.uri, str(experiment_id)))


def restore(store: Store, experiment_id: str) -> None:
    """Bring a deleted experiment of `store` and its runs back."""
    from celltrail.store import decisions

    decisions.set_experiment_stage(store, str(experiment_id), LifecycleStage.ACTIVE)


def rename(store: Store, experiment_id: str, new_name: str) -> None:
    """Give an experiment of `store` another name."""
    from celltrail.store import decisions

    decisions.rename_experiment(store, str(experiment_id), _check_name(new_name))


def set_tag(store: Store, experiment_id: str, key: str, value: Any) -> None:
    """Set a tag on an experiment of `store`."""
    from celltrail.store import decisions

    text = str(value)
    decisions.set_experiment_tag(store, str(experiment_id), check_key(key, "tag"), text)


def delete_tag(store: Store, experiment_id: str, key: str) -> None:
    """Remove a tag from an experiment of `store`."""
    from celltrail.store import decisions

    decisions.delete_experiment_tag(store, str(experiment_id), key)


def _get_or_create(store: Store, name: str) -> Experiment:
    from celltrail.store.query import queries

    experiment = queries.get_experiment_by_name(store, _check_name(name))
    if experiment is None:
        try:
            experiment_id = create(store, name)
        except AlreadyExistsError:
            experiment = queries.get_experiment_by_name(store, name)
        else:
            logger.info("Created the experiment %r.", name)
            return queries.get_experiment(store, experiment_id)
    if experiment is None:
        message = f"Experiment {name!r} was removed while it was being created."
        raise NotFoundError(message)
    return experiment


def _from_settings(store: Store) -> str | None:
    """Return the experiment that environment or pyproject.toml name."""
    settings = load_settings()
    wanted = settings.experiment_id
    if settings.experiment_name is not None:
        place = (store.uri, settings.experiment_name)
        if place not in _named:
            _named[place] = _get_or_create(store, place[1]).experiment_id
        if wanted is not None and wanted != _named[place]:
            message = (
                f"The experiment id {wanted!r} from the settings does not match "
                f"{_named[place]!r}, the id of the experiment {place[1]!r} they name "
                "too. Set only one of them."
            )
            raise InvalidValueError(message)
        wanted = _named[place]
    return wanted


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not name:
        message = f"Invalid experiment name: {name!r}. Expects a string, not empty."
        raise InvalidValueError(message)
    if len(name) > MAX_NAME:
        message = (
            f"Invalid experiment name: {name[:40]!r}… has {len(name)} characters; it "
            f"exceeds the maximum length of {MAX_NAME}."
        )
        raise InvalidValueError(message)
    return name
