"""Naming a run: ids, prefixes, names, @last, @prev and @best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from celltrail.errors import InvalidValueError, NotFoundError
from celltrail.store import decisions, events
from celltrail.store.ids import new_id
from celltrail.store.query.references import resolve_run

if TYPE_CHECKING:
    from celltrail.store import Store

SECOND = 10**9


def run(
    store: Store,
    name: str,
    end: int | None = None,
    *,
    run_id: str | None = None,
    parent: str | None = None,
    experiment: int = 0,
    metrics: dict[str, float] | None = None,
) -> str:
    """Log a run that began at second 1 and return its id."""
    run_id, append = run_id or new_id(), store.journal.append
    append(events.run_started(run_id, experiment, SECOND))
    append(events.text(events.TAG, run_id, "mlflow.runName", name, SECOND))
    if parent:
        append(events.text(events.TAG, run_id, "mlflow.parentRunId", parent, SECOND))
    for key, value in (metrics or {}).items():
        append(events.metric(run_id, key, value, 0, SECOND))
    if end:
        append(events.run_status(run_id, "FINISHED", end * SECOND))
    return run_id


def test_an_id_names_its_run_in_either_spelling(store: Store) -> None:
    run_id = run(store, "x")
    dashed = "-".join(
        (run_id[:8], run_id[8:12], run_id[12:16], run_id[16:20], run_id[20:])
    )
    for text in (run_id, run_id.upper(), dashed, f" {run_id} "):
        assert resolve_run(store, text) == run_id


def test_a_prefix_names_the_only_run_it_fits(store: Store) -> None:
    first = run(store, "x", run_id="0192f0c1000070008000000000000001")
    run(store, "y", run_id="0192f0c2000070008000000000000002")
    assert resolve_run(store, "0192f0c1") == first
    with pytest.raises(NotFoundError, match="Several runs") as caught:
        resolve_run(store, "0192")
    assert "0192f0c2000070008000000000000002  y" in caught.value.message


def test_a_name_names_the_newest_run_that_has_it(store: Store) -> None:
    run(store, "rf", run_id="0192f0c1000070008000000000000001")
    newest = run(store, "rf", run_id="0192f0c2000070008000000000000002")
    assert resolve_run(store, "rf") == newest
    decisions.set_run_stage(store, [newest], "deleted")
    assert resolve_run(store, "rf") != newest


def test_a_name_is_meant_before_a_prefix(store: Store) -> None:
    run(store, "other", run_id="0192f0c1000070008000000000000001")
    named = run(store, "0192")
    assert resolve_run(store, "0192") == named


def test_a_deleted_run_can_still_be_named(store: Store) -> None:
    run_id = run(store, "gone")
    decisions.set_run_stage(store, [run_id], "deleted")
    assert resolve_run(store, run_id) == resolve_run(store, "gone") == run_id


def test_last_and_prev_are_the_top_level_runs_that_ended_last(store: Store) -> None:
    early = run(store, "began later, ended early", end=5)
    late = run(store, "ended late", end=9)
    run(store, "open")
    run(store, "child", end=10, parent=early)
    dropped = run(store, "dropped", end=11)
    decisions.set_run_stage(store, [dropped], "deleted")
    assert resolve_run(store, "@last") == late
    assert resolve_run(store, "@prev") == early


def test_best_is_the_greatest_or_the_least_of_a_metric(store: Store) -> None:
    low = run(store, "low", end=2, metrics={"auc": 0.1})
    high = run(store, "high", end=3, metrics={"auc": 0.9})
    run(store, "nan", end=4, metrics={"auc": float("nan")})
    run(store, "none", end=5)
    assert resolve_run(store, "@best:auc") == high
    assert resolve_run(store, "@best:auc:max") == high
    assert resolve_run(store, "@best:auc:min") == low


def test_a_metric_may_have_a_colon_in_its_key(store: Store) -> None:
    run_id = run(store, "x", end=2, metrics={"a:b": 1.0})
    assert resolve_run(store, "@best:a:b") == run_id
    assert resolve_run(store, "@best:a:b:min") == run_id


def test_an_experiment_can_be_asked_for(store: Store) -> None:
    other = decisions.create_experiment(store, "other")
    here = run(store, "rf", end=5, metrics={"auc": 0.1})
    there = run(store, "rf", end=4, metrics={"auc": 0.9}, experiment=int(other))
    for text in ("rf", "@last", "@best:auc"):
        assert resolve_run(store, text, "0") == here
        assert resolve_run(store, text, other) == there


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("baslin", "Did you mean 'baseline'?"),
        ("nothing", "The newest are: 'baseline'"),
        ("@best:acu", "Did you mean 'auc'?"),
        ("@prev", "needs 2 finished top-level run"),
    ],
)
def test_what_is_not_found_is_explained(store: Store, text: str, says: str) -> None:
    run(store, "baseline", end=2, metrics={"auc": 1.0})
    with pytest.raises(NotFoundError) as caught:
        resolve_run(store, text)
    assert says in caught.value.message
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("text", ["@lst", "@best", "@best:", "@last:2", "@", "", "  "])
def test_forms_that_do_not_exist_are_refused(store: Store, text: str) -> None:
    with pytest.raises(InvalidValueError, match="@best:METRIC"):
        resolve_run(store, text)
