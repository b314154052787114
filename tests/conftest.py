"""Every test works in a folder of its own, with a store of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from celltrail.store import Store


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the empty working directory of the test, free of the user's settings."""
    for name in os.environ:
        if name.startswith(("CELLTRAIL_", "MLFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
