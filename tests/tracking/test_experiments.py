"""Experiments are made, found, changed, and chosen for new runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.entities import ViewType
from celltrail.errors import AlreadyExistsError, InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


def test_runs_go_to_the_default_experiment_at_first(tracking: Any) -> None:
    with tracking.start_run() as run:
        pass
    assert run.info.experiment_id == "0"
    assert tracking.get_experiment("0").name == "Default"


def test_setting_an_experiment_makes_it_once(tracking: Any) -> None:
    first = tracking.set_experiment("churn")
    again = tracking.set_experiment("churn")
    assert first == again
    with tracking.start_run() as run:
        pass
    assert run.info.experiment_id == first.experiment_id
    assert tracking.search_runs()["run_id"].tolist() == [run.info.run_id]
    assert len(tracking.search_runs(experiment_ids=["0"])) == 0


def test_an_experiment_can_be_set_by_id(tracking: Any) -> None:
    experiment_id = tracking.create_experiment("churn", tags={"n": 1})
    experiment = tracking.set_experiment(experiment_id=experiment_id)
    assert (experiment.name, experiment.tags) == ("churn", {"n": "1"})


@pytest.mark.parametrize(
    "arguments", [{}, {"experiment_name": "a", "experiment_id": "0"}]
)
def test_an_experiment_is_set_by_name_or_by_id(tracking: Any, arguments: Any) -> None:
    with pytest.raises(InvalidValueError, match="exactly one"):
        tracking.set_experiment(**arguments)


def test_what_does_not_exist_is_not_found(tracking: Any) -> None:
    assert tracking.get_experiment_by_name("no such") is None
    for function in (tracking.get_experiment, tracking.delete_experiment):
        with pytest.raises(NotFoundError):
            function("99")
    with pytest.raises(NotFoundError):
        tracking.set_experiment(experiment_id="99")
    with pytest.raises(NotFoundError):
        tracking.start_run(experiment_id="99")
    with pytest.raises(NotFoundError):
        tracking.get_experiment("abc")
    with pytest.raises(InvalidValueError, match="float"):
        tracking.start_run(experiment_id=1.5)


@pytest.mark.parametrize("name", ["", None, 5, "x" * 501])
def test_a_name_is_a_text_of_some_length(tracking: Any, name: Any) -> None:
    with pytest.raises(InvalidValueError, match="name"):
        tracking.create_experiment(name)


def test_names_are_unique(tracking: Any) -> None:
    tracking.create_experiment("churn")
    with pytest.raises(AlreadyExistsError):
        tracking.create_experiment("churn")
    other = tracking.create_experiment("other")
    with pytest.raises(AlreadyExistsError):
        tracking.rename_experiment(other, "churn")
    tracking.rename_experiment(other, "another")
    assert tracking.get_experiment(other).name == "another"


def test_a_deleted_experiment_takes_no_runs_until_restored(tracking: Any) -> None:
    experiment_id = tracking.create_experiment("churn")
    with tracking.start_run(experiment_id=experiment_id):
        pass
    tracking.delete_experiment(experiment_id)
    with pytest.raises(InvalidValueError, match="deleted"):
        tracking.set_experiment("churn")
    with pytest.raises(InvalidValueError, match="deleted"):
        tracking.start_run(experiment_id=experiment_id)
    with pytest.raises(NotFoundError):
        tracking.delete_experiment(experiment_id)
    tracking.restore_experiment(experiment_id)
    with tracking.start_run(experiment_id=int(experiment_id)):
        pass
    assert len(tracking.search_runs([experiment_id])) == 2


def test_tags_of_the_active_experiment(tracking: Any) -> None:
    tracking.set_experiment("churn")
    tracking.set_experiment_tag("team", "growth")
    tracking.set_experiment_tags({"a": 1, "b": 2})
    tracking.delete_experiment_tag("a")
    found = tracking.get_experiment_by_name("churn")
    assert found.tags == {"team": "growth", "b": "2"}
    with pytest.raises(NotFoundError):
        tracking.delete_experiment_tag("a")


def test_experiments_are_searched_page_by_page(tracking: Any) -> None:
    for name in "abc":
        tracking.create_experiment(name)
    tracking.delete_experiment(tracking.get_experiment_by_name("b").experiment_id)
    by_name = tracking.search_experiments(order_by=["name"])
    assert [found.name for found in by_name] == ["Default", "a", "c"]
    found = tracking.search_experiments(ViewType.ALL, filter_string="name LIKE '_'")
    assert sorted(each.name for each in found) == ["a", "b", "c"]
    assert len(tracking.search_experiments(max_results=2)) == 2
    client = tracking.MlflowClient()
    page = client.search_experiments(max_results=2, order_by=["name"])
    rest = client.search_experiments(
        max_results=2, order_by=["name"], page_token=page.token
    )
    assert [each.name for each in [*page, *rest]] == ["Default", "a", "c"]
    assert rest.token is None


@pytest.mark.parametrize(
    "variable", ["CELLTRAIL_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_NAME"]
)
def test_the_environment_names_the_experiment(
    tracking: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "from outside")
    with tracking.start_run() as run:
        pass
    found = tracking.get_experiment(run.info.experiment_id)
    assert found.name == "from outside"
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
    with pytest.raises(InvalidValueError, match="does not match"):
        tracking.start_run()


def test_the_project_names_the_experiment(tracking: Any, folder: Path) -> None:
    text = '[tool.celltrail]\nexperiment_name = "from the project"\n'
    folder.joinpath("pyproject.toml").write_text(text)
    with tracking.start_run() as run:
        pass
    found = tracking.get_experiment(run.info.experiment_id)
    assert found.name == "from the project"


@pytest.mark.slow
def test_processes_that_set_the_same_new_experiment_agree(folder: Path) -> None:
    script = "import celltrail; print(celltrail.set_experiment('new').experiment_id)"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert answers == {b"1\n"}
