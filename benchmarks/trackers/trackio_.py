"""Trackio, without its monitoring of the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trackio
from trackio.sqlite_storage import SQLiteStorage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Trackio"]

_PROJECT = "bench"


class Trackio:
    """Its folder is named by ``TRACKIO_DIR``, which the driver sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._config: dict[str, object] = {}

    def open(self) -> None:
        """Do nothing: the first run makes the store."""

    def start(self, name: str) -> None:
        # Each run by its own name, for a name in use is another run's.
        trackio.init(
            _PROJECT, name=name, embed=False, auto_log_cpu=False, auto_log_gpu=False
        )

    def log_metric(self, key: str, value: float, step: int) -> None:
        trackio.log({key: value}, step=step)

    def log_params(self, params: Mapping[str, object]) -> None:
        trackio.config.update(params)

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        trackio.log(dict(metrics), step=0)

    def end(self) -> None:
        trackio.finish()

    def count_runs(self) -> int:
        return len(SQLiteStorage.get_runs(_PROJECT))

    def count_points(self, key: str) -> int:
        return sum(
            key in entry
            for run in SQLiteStorage.get_runs(_PROJECT)
            for entry in SQLiteStorage.get_logs(_PROJECT, run)
        )
