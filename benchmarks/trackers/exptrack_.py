"""exptrack, as a script uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import exptrack
from exptrack.core.db import get_db

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Exptrack"]


class Exptrack:
    """One `Experiment` object is one run."""

    def __init__(self, folder: Path) -> None:
        # Its project is the folder, whatever repository that may lie in.
        (folder / ".exptrack").mkdir(exist_ok=True)
        self._run: exptrack.Experiment | None = None

    def open(self) -> None:
        get_db()

    def start(self, name: str) -> None:
        self._run = exptrack.Experiment(name=name)
        self.log_metric = self._run.log_metric

    def log_params(self, params: Mapping[str, object]) -> None:
        self._active().log_params(dict(params))

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        self._active().log_metrics(dict(metrics), step=0)

    def end(self) -> None:
        self._active().finish()

    def count_runs(self) -> int:
        return self._count("SELECT count(*) FROM experiments")

    def count_points(self, key: str) -> int:
        return self._count("SELECT count(*) FROM metrics WHERE key = ?", key)

    def _active(self) -> exptrack.Experiment:
        assert self._run is not None
        return self._run

    def _count(self, query: str, *values: str) -> int:
        count: int = get_db().execute(query, values).fetchone()[0]
        return count
