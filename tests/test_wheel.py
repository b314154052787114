"""The wheel holds everything that is needed at run time, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from email.message import Message

pytest.importorskip("build")

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(
        [sys.executable, *command, str(ROOT)], check=True, capture_output=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path, names: set[str]) -> Message:
    (name,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(name))


def test_it_holds_every_file_of_the_package(names: set[str]) -> None:
    source = ROOT / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "celltrail").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= names


def test_it_is_marked_as_typed(names: set[str]) -> None:
    assert "celltrail/py.typed" in names


def test_it_holds_the_migrations(names: set[str]) -> None:
    assert "celltrail/store/migrations/0001_initial.sql" in names


def test_it_holds_the_licence(names: set[str], metadata: Message) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert metadata["License-Expression"] == "Apache-2.0"


def test_it_holds_nothing_but_the_package(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"celltrail"}
    assert not any("test" in name for name in names)


def test_it_installs_the_command(wheel: Path, names: set[str]) -> None:
    (name,) = (name for name in names if name.endswith("entry_points.txt"))
    with zipfile.ZipFile(wheel) as archive:
        assert b"celltrail = celltrail.cli:main" in archive.read(name)
