"""Which store the tracking API writes to."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from celltrail.settings import load_settings
from celltrail.store import open_store
from celltrail.tracking import inherit

if TYPE_CHECKING:
    from celltrail.store import Store

__all__ = ["current_store", "get_tracking_uri", "set_tracking_uri", "store_at"]

logger = logging.getLogger(__name__)

_VARIABLES = ("CELLTRAIL_STORE", "MLFLOW_TRACKING_URI")
_uri: str | None = None
_chosen: Store | None = None
_noted: set[str] = set()
_found: dict[tuple[str | None, ...], Store] = {}


def set_tracking_uri(uri: str | Path | None) -> None:
    """Make the following calls use the store that `uri` names.

    A run that is open stays where it is.

    Parameters
    ----------
    uri
        A folder, a ``file:`` URI, or MLflow's ``sqlite:///folder/name.db``, which
        stands for the store in that folder. None: find the store again.

    Raises
    ------
    InvalidValueError
        For a URI that names a server (``http://…``, ``databricks``).

    Examples
    --------
    >>> import celltrail
    >>> celltrail.set_tracking_uri("experiments")
    """
    global _uri, _chosen  # noqa: PLW0603 (MLflow's interface: the process has one)
    if isinstance(uri, Path):
        uri = uri.absolute().resolve().as_uri()
    _chosen = None if uri is None else store_at(uri)
    _uri = uri
    inherit.publish(store=_chosen.uri if _chosen is not None else None)


def get_tracking_uri() -> str:
    """Return the tracking URI that was set, or else that of the store in use.

    Examples
    --------
    >>> import celltrail
    >>> celltrail.get_tracking_uri()  # doctest: +ELLIPSIS
    'file:///...'
    """
    return _uri or current_store().uri


def store_at(uri: str | Path) -> Store:
    """Return the store that `uri` names, with a note where it is not obvious."""
    store = open_store(uri)
    text = str(uri)
    if re.match("sqlite:", text) and text not in _noted:
        _noted.add(text)
        logger.warning(
            "celltrail keeps runs in the store %s, not in %s.", store.path, text
        )
    return store


def current_store(uri: str | Path | None = None) -> Store:
    """Return the store in use: of `uri`, as set, or found from here.

    A worker process uses its parent's store unless it was told otherwise.
    """
    if uri is not None:
        return store_at(uri)
    if _chosen is not None:
        return _chosen
    if not any(os.environ.get(name) for name in _VARIABLES):
        facts = inherit.parent_facts()
        if facts is not None and facts.get("store"):
            return store_at(str(facts["store"]))
    place = (os.getcwd(), *(os.environ.get(name) for name in _VARIABLES))  # noqa: PTH109
    store = _found.get(place)
    if store is None:
        named = load_settings().store
        store = _found[place] = store_at(named) if named else open_store()
    return store
