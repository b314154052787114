"""Five runs that were also logged to MLflow 3.17, whose answers the tests quote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from celltrail.store import events
from celltrail.store.ids import new_id

if TYPE_CHECKING:
    from celltrail.store import Store

NAN = float("nan")
MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Sample:
    """What one of the runs holds; times in milliseconds since 1970."""

    name: str
    user: str
    start: int
    end: int | None
    status: str
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[str, str, str | None], ...] = ()


SAMPLES = {
    "a": Sample(
        "alpha",
        "ana",
        1000,
        5000,
        "FINISHED",
        {"auc": 0.9, "loss": 0.1, "val/auc": 0.8, "val loss": 1.5},
        {"lr": "0.01", "depth": "3", "model": "rf", "note": "100%"},
        {"stage": "dev", "mlflow.parentRunId": "p1"},
        (("iris", "d1", "train"),),
    ),
    "b": Sample(
        "beta",
        "bob",
        2000,
        4000,
        "FAILED",
        {"auc": 0.7, "loss": NAN},
        {"lr": "0.1", "depth": "10", "model": "RF", "class": "x"},
        {"stage": "prod", "a.b.c": "dotted"},
        (("wine", "d2", "eval"), ("iris", "d1", "eval")),
    ),
    "c": Sample(
        "Gamma ray",
        "ana",
        3000,
        None,
        "RUNNING",
        {"auc": NAN, "n": -5.0},
        {"lr": "auto", "model": "svm", "empty": ""},
        {"stage": "Dev"},
    ),
    "d": Sample(
        "delta_1",
        "cem",
        3000,
        9000,
        "KILLED",
        {"auc": float("inf"), "loss": 1e-3},
        {"lr": "1e-3", "path": "a/b\\c", "quo": "it's"},
        {"select": "kw", "order": "1"},
        (("cifar", "d3", None),),
    ),
    "e": Sample("epsilon", "ana", 3000, 3500, "FINISHED"),
}


def log_five(store: Store) -> dict[str, str]:
    """Log the five runs to the Default experiment; return each letter's run id."""
    return {letter: _log(store, sample) for letter, sample in SAMPLES.items()}


def _log(store: Store, sample: Sample) -> str:
    run_id, append = new_id(), store.journal.append
    start = sample.start * MILLISECOND
    append(events.run_started(run_id, 0, start))
    tags = {"mlflow.runName": sample.name, "mlflow.user": sample.user, **sample.tags}
    for key, value in tags.items():
        append(events.text(events.TAG, run_id, key, value, start))
    for key, value in sample.params.items():
        append(events.text(events.PARAM, run_id, key, value, start))
    for key, number in sample.metrics.items():
        append(events.metric(run_id, key, number, 0, start))
    for name, digest, context in sample.inputs:
        uses = {"mlflow.data.context": context} if context else {}
        facts = {"source_type": "local", "source": "{}", "tags": uses}
        append(events.dataset_input(run_id, name, digest, facts))
    if sample.end is not None:
        append(events.run_status(run_id, sample.status, sample.end * MILLISECOND))
    return run_id
