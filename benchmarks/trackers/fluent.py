"""celltrail and MLflow, which have the same functions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Celltrail", "Fluent", "Mlflow"]


class Fluent:
    """A tracker with MLflow's functions, kept in `api`."""

    module: ClassVar[str]
    uri: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.api: Any = import_module(self.module)
        self.folder = folder
        self.api.set_tracking_uri(self.uri.format(folder=folder))
        self.log_metric = self.api.log_metric

    def open(self) -> None:
        self.api.set_experiment("bench")

    def start(self, name: str) -> None:
        self.api.start_run(run_name=name)

    def log_params(self, params: Mapping[str, object]) -> None:
        self.api.log_params(params)

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        self.api.log_metrics(metrics, step=0)

    def end(self) -> None:
        self.api.end_run()

    def count_runs(self) -> int:
        return len(self._runs())

    def count_points(self, key: str) -> int:
        history = self.client().get_metric_history
        return sum(len(history(run.info.run_id, key)) for run in self._runs())

    def client(self) -> Any:
        return self.api.tracking.MlflowClient()

    def _runs(self) -> list[Any]:
        runs: list[Any] = self.api.search_runs(
            output_format="list", search_all_experiments=True
        )
        return runs


class Celltrail(Fluent):
    module = "celltrail"
    uri = "{folder}"


class Mlflow(Fluent):
    module = "mlflow"
    uri = "sqlite:///{folder}/mlflow.db"
