"""Imports what the first tracked cell needs, while the user still types it."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celltrail.store import Store

__all__ = ["warm_up"]

logger = logging.getLogger(__name__)

_MODULES = (
    "celltrail.notebook.capture.modules",
    "celltrail.notebook.capture.output",
    "celltrail.notebook.cell_run",
    "celltrail.notebook.ending",
    "celltrail.tracking.files",
    "resource",
)


def warm_up(store: Store) -> None:
    """Import the modules, and have the store's artifacts at hand."""
    try:
        for name in _MODULES:
            import_module(name)
        store.artifacts.exists("0" * 64)
    except Exception:  # what is wrong shows when it is needed
        logger.debug("Warming up failed", exc_info=True)
