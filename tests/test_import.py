"""`import celltrail` costs next to nothing; what is heavy comes with its first use."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "IPython",
    "anywidget",
    "click",
    "duckdb",
    "fsspec",
    "matplotlib",
    "nbclient",
    "nbformat",
    "numpy",
    "pandas",
    "plotly",
    "portalocker",
    "psutil",
    "sklearn",
    "sqlglot",
}


def imported_by(code: str) -> set[str]:
    """Return the top-level modules that a new interpreter has loaded after `code`."""
    script = f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        check=True,
        capture_output=True,
        text=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_celltrail_imports_nothing_heavy() -> None:
    assert imported_by("import celltrail") & HEAVY == set()


def test_importing_the_version_and_the_errors_imports_nothing_heavy() -> None:
    code = (
        "import celltrail, celltrail.errors, celltrail.entities\ncelltrail.__version__"
    )
    assert imported_by(code) & HEAVY == set()


def test_importing_celltrail_loads_few_of_its_own_modules() -> None:
    code = "import celltrail, sys\nown = [m for m in sys.modules if 'celltrail' in m]"
    imported_by(f"{code}\nassert own == ['celltrail'], own")


def test_logging_and_finding_a_run_does_without_pandas(folder: Path) -> None:
    code = f"""
import celltrail
celltrail.set_tracking_uri({str(folder)!r})
celltrail.set_experiment("e")
with celltrail.start_run() as run:
    celltrail.log_metric("loss", 0.5)
celltrail.get_run(run.info.run_id)
celltrail.search_runs(output_format="list")
"""
    assert imported_by(code) & {"pandas", "numpy", "IPython"} == set()


@pytest.mark.parametrize("module", ["duckdb", "pandas", "IPython"])
def test_the_probe_sees_what_is_imported(module: str) -> None:
    assert module in imported_by(f"import {module}")
