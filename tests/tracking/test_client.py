"""The client does with named runs what the fluent API does with the active one."""

from __future__ import annotations

from typing import Any

import pytest

from celltrail import tracking as package
from celltrail.data import from_numpy
from celltrail.entities import (
    DatasetInput,
    InputTag,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from celltrail.errors import InvalidValueError, NotFoundError


@pytest.fixture
def client(tracking: Any) -> Any:
    return tracking.MlflowClient()


@pytest.fixture
def run_id(client: Any) -> str:
    return str(client.create_run("0", run_name="by hand", tags={"a": 1}).info.run_id)


def test_it_is_found_where_mlflow_has_it(tracking: Any, store: Any) -> None:
    assert package.MlflowClient is package.Client is tracking.MlflowClient
    assert tracking.MlflowClient(store.uri).tracking_uri == store.uri


def test_a_run_it_makes_is_not_the_active_one(
    tracking: Any, client: Any, run_id: str
) -> None:
    assert tracking.active_run() is None
    run = client.get_run(run_id)
    assert (run.info.run_name, run.info.status) == ("by hand", "RUNNING")
    assert run.data.tags == {"a": "1", "mlflow.runName": "by hand"}
    made = client.create_run("0", start_time=1_600_000_000_123)
    assert client.get_run(made.info.run_id).info.start_time == 1_600_000_000_123
    with pytest.raises(NotFoundError):
        client.create_run("99")


def test_everything_is_logged_to_the_run_named(client: Any, run_id: str) -> None:
    client.log_metric(run_id, "m", 0.5, timestamp=7, step=3)
    assert client.log_param(run_id, "p", 1) == 1
    client.set_tag(run_id, "t", value=True)
    client.log_batch(
        run_id, [Metric("m", 1.5, 8, 4)], [Param("q", "2")], [RunTag("u", "x")]
    )
    client.delete_tag(run_id, "a")
    data = client.get_run(run_id).data
    assert data.metrics == {"m": 1.5}
    assert data.params == {"p": "1", "q": "2"}
    assert data.tags == {"mlflow.runName": "by hand", "t": "True", "u": "x"}
    assert client.get_metric_history(run_id, "m") == [
        Metric("m", 0.5, 7, 3, run_id),
        Metric("m", 1.5, 8, 4, run_id),
    ]
    assert client.get_metric_history(run_id, "no such") == []


def test_a_run_ends_and_changes(client: Any, run_id: str) -> None:
    client.set_terminated(run_id, end_time=1_900_000_000_000)
    info = client.get_run(run_id).info
    assert (info.status, info.end_time) == ("FINISHED", 1_900_000_000_000)
    client.update_run(run_id, status="FAILED", name="renamed")
    info = client.get_run("renamed").info
    assert (info.run_id, info.status) == (run_id, "FAILED")
    with pytest.raises(InvalidValueError, match="FOO"):
        client.set_terminated(run_id, "FOO")


def test_a_run_that_ended_can_still_be_logged_to(tracking: Any, client: Any) -> None:
    with tracking.start_run() as run:
        pass
    client.log_metric(run.info.run_id, "late", 1.0)
    read = client.get_run(run.info.run_id)
    assert (read.data.metrics, read.info.status) == ({"late": 1.0}, "FINISHED")


def test_runs_that_do_not_exist_or_are_deleted(client: Any, run_id: str) -> None:
    calls: list[Any] = [
        lambda run: client.log_metric(run, "m", 1.0),
        lambda run: client.log_param(run, "p", 1),
        lambda run: client.set_tag(run, "t", 1),
        client.set_terminated,
        lambda run: client.log_text(run, "text", "a.txt"),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call("a" * 32)
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(InvalidValueError, match="deleted"):
        client.log_metric(run_id, "m", 1.0)
    client.restore_run(run_id)
    client.log_metric(run_id, "m", 1.0)


def test_searching_page_by_page(client: Any) -> None:
    ids = [client.create_run("0").info.run_id for _ in range(5)]
    found: list[str] = []
    token = None
    for size in (2, 2, 1):
        page = client.search_runs(["0"], max_results=2, page_token=token)
        assert len(page) == size
        found += [run.info.run_id for run in page]
        token = page.token
    assert token is None
    assert found == ids[::-1]
    client.delete_run(ids[0])
    deleted = client.search_runs(["0"], run_view_type=ViewType.DELETED_ONLY)
    assert [run.info.run_id for run in deleted] == [ids[0]]


def test_parents(client: Any, run_id: str) -> None:
    tags = {"mlflow.parentRunId": run_id}
    child = client.create_run("0", tags=tags).info.run_id
    assert client.get_parent_run(child).info.run_id == run_id
    assert client.get_parent_run(run_id) is None


def test_artifacts(client: Any, run_id: str, folder: Any) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "a.txt").write_text("1")
    client.log_artifact(run_id, "src/a.txt", "in")
    client.log_artifacts(run_id, folder / "src", "all")
    client.log_text(run_id, "2", "b.txt")
    client.log_dict(run_id, {"a": 1}, "c.json")
    client.log_table(run_id, {"a": [1]}, "d.json")
    assert [f.path for f in client.list_artifacts(run_id)] == [
        "all",
        "b.txt",
        "c.json",
        "d.json",
        "in",
    ]
    path = client.download_artifacts(run_id, "in/a.txt", folder / "out")
    assert path == str(folder / "out" / "in" / "a.txt")
    assert client.load_table("0", "d.json")["a"].tolist() == [1]


def test_inputs(client: Any, run_id: str) -> None:
    import numpy as np

    dataset = from_numpy(np.zeros((3, 4)), name="zeros").to_entity()
    used = DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
    client.log_inputs(run_id, [used])
    assert client.get_run(run_id).inputs.dataset_inputs == [used]


def test_experiments(client: Any) -> None:
    experiment_id = client.create_experiment("churn", tags={"a": 1})
    client.set_experiment_tag(experiment_id, "b", 2)
    client.delete_experiment_tag(experiment_id, "a")
    client.rename_experiment(experiment_id, "renamed")
    experiment = client.get_experiment_by_name("renamed")
    assert experiment == client.get_experiment(experiment_id)
    assert experiment.tags == {"b": "2"}
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
