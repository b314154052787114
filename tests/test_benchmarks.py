"""The benchmarks still run: a sliver of their work, with celltrail alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).parent.parent / "benchmarks" / "run.py"
NAMES = ("log-metric", "close", "kill", "create", "top", "all", "import", "fresh")

if not RUN.exists():
    pytest.skip("not a checkout", allow_module_level=True)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_each_row_measures_what_it_names(folder: Path) -> None:
    alone = ("--tracker", "celltrail")
    scale = ("--scale", "0.01", "--repeats", "1", "--folder", str(folder))
    done = run(*NAMES, *alone, *scale, "--json")
    assert done.returncode == 0, done.stderr
    rows: dict[str, Any] = json.loads(done.stdout)["rows"]
    assert {name: row["failures"] for name, row in rows.items()} == {
        name: {} for name in NAMES
    }
    for row in rows.values():
        for figure in row["figures"].values():
            assert len(figure["samples"]["celltrail"]) == 1
    assert rows["kill"]["figures"]["lost"]["samples"]["celltrail"] == [0]
    assert list(folder.glob("celltrail-bench-*")) == []


def test_an_unknown_row_is_refused_with_the_known_ones() -> None:
    done = run("log-metrics")
    assert done.returncode != 0
    assert "no row 'log-metrics'" in done.stderr
    assert "log-metric, " in done.stderr


def test_a_missing_peer_is_left_out_with_a_message(folder: Path) -> None:
    folder_option = ("--folder", str(folder))
    done = run("close", "--tracker", "mlflow", "--peers", "nowhere", *folder_option)
    assert done.returncode == 0
    assert "mlflow is left out" in done.stderr
