"""Where a store is found, and what its names mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from celltrail.errors import InvalidValueError, NotFoundError
from celltrail.store import open_store
from celltrail.store.location import FOLDER, find_store, store_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(folder: Path) -> Path:
    """Return a project with a notebook folder."""
    (folder / "project" / "notebooks" / "deep").mkdir(parents=True)
    return folder / "project"


def test_the_nearest_store_above_is_found(project: Path) -> None:
    (project / FOLDER).mkdir()
    assert find_store(project / "notebooks" / "deep") == project / FOLDER
    (project / "notebooks" / FOLDER).mkdir()
    assert find_store(project / "notebooks") == project / "notebooks" / FOLDER


def test_the_walk_stops_at_the_git_root(folder: Path, project: Path) -> None:
    (folder / FOLDER).mkdir()
    (project / ".git").mkdir()
    assert find_store(project / "notebooks") is None


def test_the_walk_stops_at_the_home_folder(
    folder: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FOLDER).mkdir()
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.setenv("USERPROFILE", str(project))
    assert find_store(project / "notebooks") is None


def test_without_a_store_one_is_named_in_the_working_directory(folder: Path) -> None:
    assert store_path() == folder / FOLDER


def test_names_of_the_same_store(folder: Path) -> None:
    expected = folder / "x y" / FOLDER
    for name in (
        folder / "x y",
        "x y",
        str(expected),
        (folder / "x y").as_uri(),
        f"file:{folder / 'x y'}",
        f"sqlite:///{folder / 'x y' / 'mlflow.db'}",
        "sqlite:///x y/mlflow.db",
    ):
        assert store_path(name) == expected


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:5000", "databricks", "postgresql://u@h/db", "s3://b"]
)
def test_what_is_no_local_store_is_refused(uri: str) -> None:
    with pytest.raises(InvalidValueError, match=r"sqlite:///folder/name.db"):
        store_path(uri)


def test_a_path_that_duckdb_cannot_open_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidValueError, match="DuckDB takes no path with '\\?'"):
        store_path(folder / "what?")


def test_asking_for_a_missing_store_makes_none(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no store"):
        open_store(folder / "nowhere", create=False)
    assert list(folder.iterdir()) == []


def test_a_new_store_is_ignored_by_git(folder: Path) -> None:
    open_store(folder).fold()
    assert (folder / FOLDER / ".gitignore").read_text() == "*\n"
