"""Argument before environment before project before default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from celltrail.errors import InvalidValueError
from celltrail.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


def test_by_default_nothing_is_set() -> None:
    assert load_settings() == Settings()


def test_the_order_of_precedence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(folder, "[tool.celltrail]\nexperiment_name = 'project'\n")
    assert load_settings().experiment_name == "project"
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "theirs")
    assert load_settings().experiment_name == "theirs"
    monkeypatch.setenv("CELLTRAIL_EXPERIMENT_NAME", "ours")
    assert load_settings().experiment_name == "ours"
    assert load_settings(experiment_name="given").experiment_name == "given"
    assert load_settings(experiment_name=None).experiment_name == "ours"


def test_the_nearest_project_counts_and_edits_are_seen(folder: Path) -> None:
    project(folder, "[tool.celltrail]\nquiet = true\nstore = 'runs'\n")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    assert load_settings(inner) == Settings(store=str(folder / "runs"), quiet=True)
    project(inner, "[tool.other]\n")
    assert load_settings(inner) == Settings()
    project(inner, "[tool.celltrail]\nstore = 'file:///x'\n")
    assert load_settings(inner).store == "file:///x"


@pytest.mark.parametrize(("word", "quiet"), [("1", True), ("No", False), ("on", True)])
def test_switches_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, word: str, quiet: bool
) -> None:
    monkeypatch.setenv("CELLTRAIL_QUIET", word)
    assert load_settings().quiet is quiet


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("experiment = 'x'", "experiment_name"),
        ("quiet = 'yes'", "bool"),
        ("store = 5", "str"),
    ],
)
def test_wrong_settings_are_named(folder: Path, line: str, words: str) -> None:
    project(folder, f"[tool.celltrail]\n{line}\n")
    with pytest.raises(InvalidValueError, match=words):
        load_settings()


def test_a_wrong_switch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLTRAIL_QUIET", "perhaps")
    with pytest.raises(InvalidValueError, match="CELLTRAIL_QUIET is 'perhaps'"):
        load_settings()


def test_a_project_file_that_is_broken_is_left_to_others(folder: Path) -> None:
    project(folder, "[tool.celltrail\n")
    assert load_settings() == Settings()
