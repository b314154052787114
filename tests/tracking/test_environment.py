"""The environment of a run is recorded behind its back."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.store.query import queries
from celltrail.tracking import context

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = "import celltrail; run = celltrail.start_run(run_name='open')\n"


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(folder: Path) -> Path:
    git("init", "--initial-branch", "trunk")
    (folder / "train.py").write_text("epochs = 1\n")
    git("add", "train.py")
    git("commit", "-m", "Begin")
    return folder


def context_of(tracking: Any) -> dict[str, str]:
    with tracking.start_run() as run:
        pass
    assert context.flush()
    found: dict[str, str] = tracking.get_run(run.info.run_id).data.context
    return found


def test_python_platform_and_packages_are_known(tracking: Any, store: Any) -> None:
    found = context_of(tracking)
    assert found["python"] == platform.python_version()
    assert found["host"] == platform.node()
    packages = queries.texts(store, [found["packages"]])[found["packages"]]
    assert f"pytest=={version('pytest')}" in packages.splitlines()
    assert "git.commit" not in found


def test_a_clean_repository(tracking: Any, repository: Path) -> None:
    del repository
    found = context_of(tracking)
    assert found["git.commit"] == git("rev-parse", "HEAD")
    assert (found["git.branch"], found["git.dirty"]) == ("trunk", "false")
    assert "git.diff" not in found
    tags = tracking.last_active_run().data.tags
    assert tags["mlflow.source.git.commit"] == found["git.commit"]


def test_a_changed_repository_is_kept_with_its_diff(
    tracking: Any, store: Any, repository: Path
) -> None:
    (repository / "train.py").write_text("epochs = 2\n")
    found = context_of(tracking)
    assert found["git.dirty"] == "true"
    diff = queries.texts(store, [found["git.diff"]])[found["git.diff"]]
    assert "-epochs = 1\n+epochs = 2\n" in diff


def test_a_repository_without_a_commit_has_no_facts(
    tracking: Any, folder: Path
) -> None:
    del folder
    git("init")
    assert "git.commit" not in context_of(tracking)


def test_secrets_in_a_diff_are_masked(
    tracking: Any, store: Any, repository: Path
) -> None:
    secret = "sk-" + "a1B2c3D4" * 6
    (repository / "train.py").write_text(f"api_key = '{secret}'\n")
    found = context_of(tracking)
    diff = queries.texts(store, [found["git.diff"]])[found["git.diff"]]
    assert "api_key" in diff
    assert secret not in diff


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in for git")
def test_nobody_waits_for_a_slow_git(
    tracking: Any, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = repository / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nread line < fifo\n")
    slow.chmod(0o755)
    os.mkfifo(repository / "fifo")
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    with tracking.start_run() as run:
        pass
    # Git hangs until somebody writes to the pipe; the run has long ended.
    assert tracking.get_run(run.info.run_id).info.status == "FINISHED"
    monkeypatch.undo()
    while not context.flush(0.05):
        writer = os.open(repository / "fifo", os.O_RDWR)
        os.write(writer, b"\n")
        os.close(writer)
    assert "python" in tracking.get_run(run.info.run_id).data.context


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ("", "FINISHED"),
        ("1 / 0", "FAILED"),
        ("raise KeyboardInterrupt", "KILLED"),
        ("raise SystemExit(3)", "FINISHED"),
        ("import os; os._exit(0)", "KILLED"),
        ("celltrail.end_run('FAILED')", "FAILED"),
    ],
)
@pytest.mark.slow
def test_what_a_script_leaves_open_ends_with_it(
    tracking: Any, folder: Path, rest: str, status: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PYTHON + rest],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    found = [run.info.status for run in tracking.search_runs(output_format="list")]
    assert (found, done.stderr if not found else "") == ([status], "")


@pytest.mark.slow
def test_a_script_that_ends_at_once_has_its_environment(
    tracking: Any, folder: Path
) -> None:
    subprocess.run([sys.executable, "-c", PYTHON], cwd=folder, check=True)
    assert "packages" in tracking.get_run("open").data.context


def test_starting_a_run_is_quick(tracking: Any) -> None:
    context_of(tracking)
    best = min(timed(tracking) for _ in range(20))
    assert best < 0.005


def timed(tracking: Any) -> float:
    start = time.perf_counter()
    with tracking.start_run():
        pass
    return time.perf_counter() - start
