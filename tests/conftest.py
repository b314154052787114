"""Every test works in a folder of its own, with stores of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from celltrail.store import Store

# How long an example takes depends on who else uses the machine.
settings.register_profile("celltrail", deadline=None)
settings.load_profile("celltrail")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test's empty working directory, free of the user's settings."""
    for name in os.environ:
        if name.startswith(("CELLTRAIL_", "MLFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    close_stores()


def close_stores() -> None:
    """Give back the files of every store that the test opened."""
    context = sys.modules.get("celltrail.tracking.context")
    if context is not None:
        context.flush()
    opened = sys.modules.get("celltrail.store.store")
    if opened is not None:
        for store in opened._stores.values():
            store.close()
        opened._stores.clear()


@pytest.fixture
def store(folder: Path) -> Store:
    """Return a new store in the test's folder."""
    from celltrail.store import open_store

    return open_store(folder)


@pytest.fixture
def tracking(store: Store) -> Iterator[ModuleType]:
    """Give `celltrail`, tracking to `store`; runs left open are ended."""
    import celltrail

    celltrail.set_tracking_uri(store.uri)
    yield celltrail
    while celltrail.active_run() is not None:
        celltrail.end_run()
    celltrail.set_tracking_uri(None)
