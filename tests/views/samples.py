"""Runs as a user of scikit-learn would make them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from celltrail.entities import (
    Dataset,
    DatasetInput,
    FileInfo,
    InputTag,
    Run,
    RunData,
    RunInfo,
    RunInputs,
)
from celltrail.views import MetricStats, RunDetails

START = 1_760_000_000_000
ID = "0198f2c4a1b27c3e8f00aa11bb22cc33"
EARLIER_ID = "0198f2c39d017aa18f00aa11bb22cc33"


def make_run(
    name: str = "forest",
    *,
    run_id: str = ID,
    status: str = "FINISHED",
    seconds: float | None = 3.42,
    **data: Any,
) -> Run:
    end = None if seconds is None else START + round(seconds * 1000)
    info = RunInfo(run_id, name, "1", "eva", status, START, end, "active", "file:///a")
    return Run(info, RunData(**data))


EARLIER = make_run(
    run_id=EARLIER_ID,
    metrics={"auc": 0.9004, "accuracy": 0.9, "rmse": 0.31, "n_trees": 100.0},
    params={"lr": "0.1", "max_depth": "5", "seed": "42", "warm": "yes"},
    context={"code": "aa", "python": "3.11.7", "git.branch": "main"},
)
RUN = make_run(
    metrics={"auc": 0.91234, "accuracy": 0.9, "rmse": 0.3455, "n_trees": 200.0},
    params={"lr": "0.01", "max_depth": "5", "seed": "42", "scaler": "standard"},
    values={"n_rows": "569"},
    tags={"stage": "dev", "mlflow.runName": "forest", "mlflow.note.content": "a try"},
    context={
        "code": "bb",
        "python": "3.11.7",
        "git.branch": "main",
        "git.commit": "41ebc47dd0a1b2c3",
        "peak_memory_mb": "231",
        "cpu_seconds": "4.1",
    },
)
FAILED = make_run(
    "svc",
    run_id="0198f2c5" * 4,
    status="FAILED",
    seconds=0.12,
    params={"C": "1.0"},
    context={"error": "ValueError: could not convert string to float: 'M'"},
)
LOSS = [math.exp(-step / 20) for step in range(120)]
DATASET = Dataset("cancer", "d1g35t", "local", "data/cancer.csv")
DETAILS = RunDetails(
    replace(RUN, inputs=RunInputs([DatasetInput(DATASET, [InputTag("c", "train")])])),
    experiment="breast-cancer",
    code="model = Forest(200)\nmodel.fit(X, y)\nauc = score(y, p)",
    packages="numpy==2.3.0\npandas==3.1.0\n",
    git_diff="--- a/train.py\n+++ b/train.py\n-a\n+b\n",
    stats={"auc": MetricStats(7, 0.5, 0.91234, 8)},
    curves={"auc": LOSS},
    artifacts=[FileInfo("model/MLmodel", is_dir=False, file_size=1234)],
    children=[make_run("fold-1", run_id="0198f2c6" * 4)],
    earlier_params={"lr": ["0.5", "0.1"]},
)
EARLIER_DETAILS = RunDetails(
    EARLIER,
    experiment="breast-cancer",
    code="model = Forest(100)\nmodel.fit(X, y)\nauc = score(y, p)",
    packages="numpy==2.2.0\npandas==3.1.0\n",
)
