"""MLflow's client: the tracking API with every run and experiment named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrail.entities import LifecycleStage, Run, ViewType
from celltrail.tracking import (
    experiment_core,
    figures,
    files,
    handles,
    images,
    lifecycle,
    record,
    records,
    tables,
)
from celltrail.tracking.keys import check_status
from celltrail.tracking.location import current_store
from celltrail.tracking.logs import RunOperations, operations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from celltrail.entities import (
        DatasetInput,
        Experiment,
        FileInfo,
        Metric,
        PagedList,
        Param,
        RunTag,
    )
    from celltrail.store import Store
    from celltrail.tracking.active import LiveRun

__all__ = ["Client", "MlflowClient"]


class MlflowClient:
    """Experiments and runs of one store.

    Runs may be named by id, unique prefix, name or ``@last``, as everywhere.

    Parameters
    ----------
    tracking_uri
        The store; None is the one in use.
    registry_uri
        Accepted for MLflow's sake.

    Examples
    --------
    >>> import celltrail
    >>> client = celltrail.MlflowClient()
    >>> run_id = client.create_run("0", run_name="by hand").info.run_id
    >>> client.log_metric(run_id, "auc", 0.87, step=1)
    >>> client.set_terminated(run_id)
    >>> client.get_run(run_id).data.metrics
    {'auc': 0.87}
    """

    def __init__(
        self, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> None:
        self._uri = tracking_uri
        self._registry_uri = registry_uri

    @property
    def tracking_uri(self) -> str:
        """The URI of the store."""
        return self._uri or self._store.uri

    @property
    def _store(self) -> Store:
        return current_store(self._uri)

    def _run(self, run_id: str) -> LiveRun:
        return handles.handle(self._store, run_id)

    # Runs

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Return a new run, which does not become the active one.

        Parameters
        ----------
        experiment_id
            The experiment.
        start_time
            In milliseconds since 1970; now when not given.
        tags, run_name
            Tags and name of the run.
        """
        texts = lifecycle.given_tags(run_name, tags, None)
        run = lifecycle.begin(
            self._store, experiment_id, texts, start_time=start_time, source={}
        )
        found = lifecycle.entity(run)
        return Run(found.info, found.data)

    def get_run(self, run_id: str) -> Run:
        """Return a run with what it recorded."""
        return handles.get_run(self._store, run_id)

    def get_parent_run(self, run_id: str) -> Run | None:
        """Return the run that a run is a child of; None when it is of none."""
        return records.parent_of(self._store, run_id)

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """Return every point of a metric, in the order of time."""
        from celltrail.store.query import queries

        store = self._store
        return queries.metric_history(store, handles.resolve(store, run_id), key)

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """Return a page of the runs that match; its ``token`` asks for the next."""
        from celltrail.store.query import search

        return search.search_runs(
            self._store,
            experiment_ids,
            filter_string,
            run_view_type,
            max_results,
            order_by=order_by,
            page_token=page_token,
        )

    def set_terminated(
        self, run_id: str, status: str | None = None, end_time: int | None = None
    ) -> None:
        """End a run; `end_time` in milliseconds since 1970."""
        name = check_status(status if status is not None else "FINISHED")
        time = None if end_time is None else end_time * 1_000_000
        record.status(self._run(run_id), name, time)

    def update_run(
        self, run_id: str, status: str | None = None, name: str | None = None
    ) -> None:
        """Change a run's status or name."""
        run = self._run(run_id)
        if status is not None:
            record.status(run, check_status(status))
        if name is not None:
            record.tags(run, {lifecycle.NAME: name})

    def delete_run(self, run_id: str) -> None:
        """Mark a run as deleted."""
        records.set_stage(self._store, run_id, LifecycleStage.DELETED)

    def restore_run(self, run_id: str) -> None:
        """Bring a deleted run back."""
        records.set_stage(self._store, run_id, LifecycleStage.ACTIVE)

    # Metrics, params, tags, inputs

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
        dataset_name: str | None = None,  # noqa: ARG002 (MLflow's signature)
        dataset_digest: str | None = None,  # noqa: ARG002 (MLflow's signature)
        model_id: str | None = None,  # noqa: ARG002 (MLflow's signature)
    ) -> RunOperations | None:
        """Log one point of a metric; see `celltrail.log_metric`."""
        record.metrics(self._run(run_id), {key: value}, step, timestamp)
        return operations(synchronous)

    def log_param(
        self,
        run_id: str,
        key: str,
        value: Any,
        synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    ) -> Any:
        """Log a param and return its value."""
        record.params(self._run(run_id), {key: value})
        return value if synchronous is not False else RunOperations()

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    ) -> RunOperations | None:
        """Log metrics, params and tags together."""
        record.batch(self._run(run_id), metrics, params, tags)
        return operations(synchronous)

    def set_tag(
        self,
        run_id: str,
        key: str,
        value: Any,
        synchronous: bool | None = None,  # noqa: FBT001 (MLflow's signature)
    ) -> RunOperations | None:
        """Set a tag of a run."""
        record.tags(self._run(run_id), {key: value})
        return operations(synchronous)

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag of a run."""
        record.delete_tag(self._run(run_id), key)

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[DatasetInput] | None = None,
        models: object | None = None,  # noqa: ARG002 (MLflow's signature)
    ) -> None:
        """Log datasets that a run used."""
        record.inputs(self._run(run_id), datasets or ())

    # Artifacts

    def log_artifact(
        self, run_id: str, local_path: str | Path, artifact_path: str | None = None
    ) -> None:
        """Log a local file or folder."""
        files.write_file(self._run(run_id), local_path, artifact_path)

    def log_artifacts(
        self, run_id: str, local_dir: str | Path, artifact_path: str | None = None
    ) -> None:
        """Log everything below a local folder."""
        files.write_folder(self._run(run_id), local_dir, artifact_path)

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Log a text as a file."""
        files.write_bytes(self._run(run_id), text.encode(), artifact_file)

    def log_dict(self, run_id: str, dictionary: Any, artifact_file: str) -> None:
        """Log a dictionary as JSON or YAML."""
        files.write_dict(self._run(run_id), dictionary, artifact_file)

    def log_stream(self, run_id: str, stream: Any, artifact_file: str) -> None:
        """Log what can be read from a binary file object."""
        files.write_bytes(self._run(run_id), stream.read(), artifact_file)

    def log_figure(
        self,
        run_id: str,
        figure: Any,
        artifact_file: str,
        *,
        save_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Log a matplotlib or plotly figure."""
        figures.write_figure(self._run(run_id), figure, artifact_file, save_kwargs)

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,  # noqa: ARG002, FBT001 (MLflow's signature)
    ) -> None:
        """Log an image as a file, or as one step of a series."""
        run = self._run(run_id)
        images.write_image(
            run, image, artifact_file, key=key, step=step, timestamp=timestamp
        )

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Log a table, or add rows to the one that is there."""
        tables.write_table(self._run(run_id), data, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: Sequence[str] | None = None,
        extra_columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the tables of several runs as one."""
        return tables.load(
            self._store, experiment_id, artifact_file, run_ids, extra_columns
        )

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """Return the files and folders directly below a place of a run."""
        return files.listing(self._store, self.get_run(run_id).info.run_id, path)

    def download_artifacts(
        self, run_id: str, path: str, dst_path: str | Path | None = None
    ) -> str:
        """Copy a file or folder of a run and return where the copy lies."""
        found = self.get_run(run_id).info.run_id
        return files.download(self._store, found, path, dst_path)

    # Experiments

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the id of a new experiment."""
        return experiment_core.create(self._store, name, artifact_location, tags)

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Return the experiment of that id."""
        from celltrail.store.query import queries

        return queries.get_experiment(self._store, str(experiment_id))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """Return the experiment of that name; None when there is none."""
        from celltrail.store.query import queries

        return queries.get_experiment_by_name(self._store, name)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = experiment_core.MAX_RESULTS,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """Return a page of the experiments that match."""
        return experiment_core.search(
            self._store,
            view_type,
            max_results,
            filter_string=filter_string,
            order_by=order_by,
            page_token=page_token,
        )

    def delete_experiment(self, experiment_id: str) -> None:
        """Mark an experiment and its runs as deleted."""
        experiment_core.delete(self._store, experiment_id)

    def restore_experiment(self, experiment_id: str) -> None:
        """Bring a deleted experiment and its runs back."""
        experiment_core.restore(self._store, experiment_id)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Give an experiment another name."""
        experiment_core.rename(self._store, experiment_id, new_name)

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set a tag of an experiment."""
        experiment_core.set_tag(self._store, experiment_id, key, value)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag of an experiment."""
        experiment_core.delete_tag(self._store, experiment_id, key)


Client = MlflowClient
