"""A program that tracks ends in silence, and behaves when Python is strict."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import celltrail as mlflow

mlflow.set_experiment("forest")
with mlflow.start_run(run_name="first"):
    mlflow.log_param("depth", 3)
    mlflow.log_metric("auc", 0.9)
    mlflow.log_dict({"depth": 3}, "config.yml")
mlflow.start_run(run_name="left open")
print(len(mlflow.search_runs(search_all_experiments=True)))
print(len(mlflow.sql("SELECT * FROM runs")))
print(len(mlflow.MlflowClient().search_experiments()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("switches", [(), ("-X", "dev", "-W", "error"), ("-OO",)])
def test_a_program_ends_in_silence(switches: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *switches, "-c", PROGRAM],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["2", "2", "2"]
