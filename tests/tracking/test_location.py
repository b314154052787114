"""Which store is written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import celltrail
from celltrail.errors import InvalidValueError
from celltrail.tracking.location import current_store


@pytest.fixture(autouse=True)
def unset(folder: Path) -> Any:
    del folder
    celltrail.set_tracking_uri(None)
    yield
    celltrail.set_tracking_uri(None)


def place() -> str:
    return current_store().path.relative_to(Path.cwd()).as_posix()


def test_without_a_uri_the_store_is_found_from_here(folder: Path) -> None:
    assert place() == ".celltrail"
    assert celltrail.get_tracking_uri() == (folder / ".celltrail").as_uri()
    assert not (folder / ".celltrail").exists()


@pytest.mark.parametrize("uri", ["my runs é", Path("my runs é"), "./my runs é"])
def test_a_folder_holds_its_store(uri: str | Path) -> None:
    celltrail.set_tracking_uri(uri)
    assert place() == "my runs é/.celltrail"


def test_a_uri_that_was_set_can_be_restored(folder: Path) -> None:
    celltrail.set_tracking_uri("one")
    before = celltrail.get_tracking_uri()
    celltrail.set_tracking_uri(folder / "two")
    assert celltrail.get_tracking_uri() == (folder / "two").as_uri()
    celltrail.set_tracking_uri(before)
    assert place() == "one/.celltrail"


def test_a_database_of_mlflow_stands_for_the_store_beside_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        celltrail.set_tracking_uri("sqlite:///data/mlflow.db")
        assert place() == "data/.celltrail"
    assert len(caplog.records) == 1
    assert "not in sqlite:///data/mlflow.db" in caplog.text


@pytest.mark.parametrize("uri", ["http://localhost:5000", "databricks", "mysql://x"])
def test_servers_are_refused_and_nothing_changes(uri: str) -> None:
    with pytest.raises(InvalidValueError, match="local store"):
        celltrail.set_tracking_uri(uri)
    assert place() == ".celltrail"


@pytest.mark.parametrize("variable", ["CELLTRAIL_STORE", "MLFLOW_TRACKING_URI"])
def test_the_environment_names_the_store(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "elsewhere")
    assert place() == "elsewhere/.celltrail"
    celltrail.set_tracking_uri("set")
    assert place() == "set/.celltrail"


def test_the_project_names_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text("[tool.celltrail]\nstore = 'runs'\n")
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    assert current_store().path == folder / "runs" / ".celltrail"


def test_an_open_run_stays_where_it_is(folder: Path) -> None:
    celltrail.set_tracking_uri("one")
    with celltrail.start_run() as run:
        celltrail.set_tracking_uri("two")
        celltrail.log_metric("m", 1.0)
    client = celltrail.MlflowClient(str(folder / "one"))
    read = client.get_run(run.info.run_id)
    assert (read.data.metrics, read.info.status) == ({"m": 1.0}, "FINISHED")
    assert not (folder / "two").exists()
