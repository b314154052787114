"""Loading is idempotent, unloading leaves nothing behind."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.notebook import place
from celltrail.store import journal

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook


def state(notebook: Notebook) -> dict[str, Any]:
    shell = notebook.shell
    return {
        "transformers": list(shell.input_transformers_cleanup),
        "ast": list(shell.ast_transformers),
        "matchers": list(shell.Completer.custom_matchers),
        "events": {name: list(found) for name, found in shell.events.callbacks.items()},
        "magics": {k: set(v) for k, v in shell.magics_manager.magics.items()},
        "builtins": set(vars(builtins)),
        "failure": journal.on_failure,
    }


def counts(notebook: Notebook) -> dict[str, int]:
    found = state(notebook)
    del found["failure"]
    return {key: len(value) for key, value in found.items()}


def test_unloading_takes_everything_out(bare: Notebook) -> None:
    before = state(bare)
    bare("%load_ext celltrail")
    assert state(bare) != before
    bare("%%track a\nx = 1")
    bare("%unload_ext celltrail")
    assert state(bare) == before


def test_reloading_puts_everything_in_once(notebook: Notebook) -> None:
    once = counts(notebook)
    notebook("%reload_ext celltrail")
    assert counts(notebook) == once
    assert notebook("%%track a\nx = 1").cards


def test_loading_says_where_runs_go(bare: Notebook) -> None:
    said = bare("%load_ext celltrail").stdout
    assert said.count("\n") == 1
    assert f"~{os.sep}.celltrail" in said
    assert "experiment Default · no runs yet" in said
    bare("%%track a\nx = 1")
    assert "1 run\n" in bare("%reload_ext celltrail").stdout


def test_it_warns_of_a_disk_that_does_not_last(
    bare: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert "set_tracking_uri" in bare("%load_ext celltrail").stdout


def test_a_store_that_cannot_be_used_is_one_line(bare: Notebook, folder: Path) -> None:
    (folder / ".celltrail").mkdir()
    (folder / ".celltrail" / "trail.duckdb").write_text("not a database" * 1000)
    loaded = bare("%load_ext celltrail")
    assert loaded.error is None
    assert loaded.stderr.count("\n") == 1
    assert "celltrail:" in loaded.stderr


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("JPY_SESSION_NAME", "/lab/nb/a.ipynb", "nb/a.ipynb"),
        ("JPY_SESSION_NAME", "/else/a.ipynb", "/else/a.ipynb"),
        ("JPY_SESSION_NAME", "console-1-5e3a", None),
        ("OTHER", "", None),
    ],
)
def test_the_notebook_is_found_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, wanted: str | None
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setenv(variable, value)
    found = place.notebook_name(place.notebook_path({}), Path("/lab"))
    assert found == wanted


def test_the_notebook_is_found_in_the_namespace() -> None:
    told = {"__vsc_ipynb_file__": "/lab/a.ipynb"}
    assert place.notebook_path(told) == Path("/lab/a.ipynb")
    injected = {"PAPERMILL_INPUT_PATH": "/lab/b.ipynb"}
    assert place.notebook_path(injected) == Path("/lab/b.ipynb")
    assert place.notebook_path({"PAPERMILL_INPUT_PATH": "s3://bucket/b.ipynb"}) is None
