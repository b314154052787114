"""Only the project's own modules have digests, and an edit changes them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING

import pytest

from celltrail.notebook.capture.modules import LocalModules

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "train_helpers.py").write_text("LR = 1\n")
    monkeypatch.delitem(sys.modules, "train_helpers", raising=False)
    return folder


def test_an_imported_module_has_the_digest_of_its_file(project: Path) -> None:
    modules = LocalModules(project)
    assert modules.digests() == {}
    importlib.import_module("train_helpers")
    found = modules.digests()["train_helpers"]
    assert found.digest == hashlib.sha256(b"LR = 1\n").hexdigest()
    assert found.path == project / "train_helpers.py"
    sys.modules.pop("train_helpers")
    assert modules.digests() == {}


def test_an_edit_changes_the_digest(project: Path) -> None:
    importlib.import_module("train_helpers")
    modules = LocalModules(project)
    before = modules.digests()["train_helpers"].digest
    file = project / "train_helpers.py"
    file.write_text("LR = 2\n")
    os.utime(file, ns=(1, 1))
    assert modules.digests()["train_helpers"].digest != before
    file.unlink()
    assert modules.digests() == {}
    sys.modules.pop("train_helpers")


def test_installed_modules_are_none_of_the_projects(project: Path) -> None:
    environment = project / ".venv" / "lib" / "site-packages"
    environment.mkdir(parents=True)
    (environment / "installed_thing.py").write_text("")
    sys.path.insert(0, str(environment))
    try:
        importlib.import_module("installed_thing")
        assert "installed_thing" not in LocalModules(project).digests()
    finally:
        sys.path.remove(str(environment))
        sys.modules.pop("installed_thing", None)


def test_a_lazy_module_stays_asleep(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("train_helpers")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "train_helpers", module)
    spec.loader.exec_module(module)
    assert "train_helpers" in LocalModules(project).digests()
    assert "LR" not in object.__getattribute__(module, "__dict__")


def test_odd_entries_of_sys_modules_do_no_harm(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    monkeypatch.setitem(sys.modules, "odd_thing", Odd())
    monkeypatch.setitem(sys.modules, "nothing_thing", None)
    assert LocalModules(project).digests() == {}
