"""Questions about single runs and experiments."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from celltrail.entities import Metric, ViewType
from celltrail.errors import InvalidValueError, NotFoundError
from celltrail.store import decisions, events
from celltrail.store.ids import new_id
from celltrail.store.query import queries
from tests.store.samples import log_cell, log_run

if TYPE_CHECKING:
    from celltrail.store import Store

MILLISECOND = 1_000_000


def test_a_run_is_found_by_its_id_deleted_or_not(store: Store) -> None:
    run_id = log_run(store, "x", params={"lr": "0.1"})
    assert queries.get_run(store, run_id).data.params == {"lr": "0.1"}
    decisions.set_run_stage(store, [run_id], "deleted")
    assert queries.get_run(store, run_id).info.lifecycle_stage == "deleted"


@pytest.mark.parametrize("text", ["nope", "0" * 32, "", "'; DROP TABLE runs"])
def test_an_unknown_run_is_an_error(store: Store, text: str) -> None:
    with pytest.raises(NotFoundError, match="not found"):
        queries.get_run(store, text)


def test_the_children_of_a_run(store: Store) -> None:
    parent, child = log_run(store, "parent"), log_run(store, "child")
    store.journal.append(events.text(events.TAG, child, "mlflow.parentRunId", parent))
    assert [run.info.run_name for run in queries.child_runs(store, parent)] == ["child"]
    assert queries.child_runs(store, child) == []


def test_experiments_are_found_by_id_and_name(store: Store) -> None:
    made = decisions.create_experiment(store, "churn", "s3://x", {"team": "a"})
    by_id = queries.get_experiment(store, made)
    assert by_id == queries.get_experiment_by_name(store, "churn")
    assert (by_id.name, by_id.artifact_location, by_id.tags) == (
        "churn",
        "s3://x",
        {"team": "a"},
    )
    assert by_id.creation_time is not None
    assert abs(by_id.creation_time - time.time() * 1000) < 60_000
    assert queries.get_experiment_by_name(store, "nope") is None
    for unknown in ("99", "churn"):
        with pytest.raises(NotFoundError, match="No experiment with id"):
            queries.get_experiment(store, unknown)


def test_an_experiment_without_a_location_lies_in_the_store(store: Store) -> None:
    default = queries.get_experiment(store, "0")
    assert default.artifact_location == f"{store.uri}/artifacts"


def test_experiments_are_searched_sorted_and_paged(store: Store) -> None:
    for name, team in (("alpha", "a"), ("beta", "b"), ("gamma", "a")):
        decisions.create_experiment(store, name, tags={"team": team})
    decisions.set_experiment_stage(store, "3", "deleted")

    def names(text: str | None = None, *order: str) -> list[str]:
        found = queries.search_experiments(
            store, filter_string=text, order_by=list(order) or None
        )
        return [experiment.name for experiment in found]

    assert names() == ["beta", "alpha", "Default"]
    assert names("tags.team = 'a'") == ["alpha"]
    assert names("name LIKE '%a' OR experiment_id = '0'", "name DESC") == [
        "beta",
        "alpha",
        "Default",
    ]
    assert names("creation_time > 0 AND last_update_time > '2020-01-01'", "name") == [
        "Default",
        "alpha",
        "beta",
    ]
    assert len(queries.search_experiments(store, ViewType.ALL)) == 4
    first = queries.search_experiments(store, max_results=2)
    rest = queries.search_experiments(store, max_results=2, page_token=first.token)
    assert [each.name for each in [*first, *rest]] == names()
    with pytest.raises(InvalidValueError, match="no attribute"):
        names("status = 'x'")


def test_the_history_of_a_metric_is_every_point_in_order(store: Store) -> None:
    run_id = new_id()
    store.journal.append(events.run_started(run_id, 0))
    for step, value in ((2, 0.5), (1, float("inf")), (3, -1.0)):
        time_ns = (1000 + step) * MILLISECOND
        store.journal.append(events.metric(run_id, "m", value, step, time_ns))
    history = queries.metric_history(store, run_id, "m")
    assert history == [
        Metric("m", float("inf"), 1001, 1, run_id),
        Metric("m", 0.5, 1002, 2, run_id),
        Metric("m", -1.0, 1003, 3, run_id),
    ]
    frame = queries.metric_history_frame(store, run_id, "m")
    assert list(frame.columns) == ["step", "timestamp", "value"]
    assert frame["value"].tolist() == [float("inf"), 0.5, -1.0]
    assert str(frame["timestamp"].dtype) == "datetime64[us, UTC]"
    assert queries.metric_history(store, run_id, "other") == []
    store.journal.append(events.run_status(run_id, "FINISHED"))
    assert queries.metric_history(store, run_id, "m") == history


def test_the_older_values_of_a_param(store: Store) -> None:
    run_id = log_run(store, params={"lr": "0.1"})
    assert queries.param_history(store, run_id, "lr") == ["older"]


def test_artifacts_are_listed_folder_by_folder(store: Store) -> None:
    files = {"a.txt": b"a", "plots/x.png": b"xx", "plots/deep/y.png": b"yyy"}
    run_id = log_run(store, files=files)

    def listed(path: str | None = None) -> list[tuple[str, bool, int | None]]:
        found = queries.list_artifacts(store, run_id, path)
        return [(file.path, file.is_dir, file.file_size) for file in found]

    assert listed() == [("a.txt", False, 1), ("plots", True, None)]
    assert listed("plots/") == [
        ("plots/deep", True, None),
        ("plots/x.png", False, 2),
    ]
    assert listed("a.txt") == listed("nowhere") == []
    [first, *_] = queries.artifact_files(store, run_id)
    assert store.artifacts.open(first.digest).read() == b"a"


def test_the_cells_of_a_run_and_their_code(store: Store) -> None:
    run_id = log_run(store, code="x = 1")
    log_cell(store, run_id, "x = 2")
    log_cell(store, None, "untracked")
    cells = queries.cells_of_run(store, run_id)
    digests = [cell.code_digest or "" for cell in cells]
    code = queries.texts(store, digests)
    assert [code[digest] for digest in digests] == ["x = 1", "x = 2"]
    assert {cell.session_id for cell in cells} == {store.session_id}


def test_the_keys_that_runs_have(store: Store) -> None:
    other = decisions.create_experiment(store, "other")
    log_run(store, params={"b": "1", "a": "1"})
    gone = log_run(store, params={"c": "1"}, experiment=int(other))
    assert queries.run_keys(store, "params") == ["a", "b", "c"]
    assert queries.run_keys(store, "params", "0") == ["a", "b"]
    decisions.set_run_stage(store, [gone], "deleted")
    assert queries.run_keys(store, "params") == ["a", "b"]
    with pytest.raises(NotFoundError, match="Did you mean 'params'"):
        queries.run_keys(store, "param")


@pytest.mark.parametrize(
    "ask",
    [
        lambda store, text: queries.metric_history(store, text, "m"),
        queries.artifact_files,
        queries.cells_of_run,
        queries.child_runs,
    ],
)
def test_what_is_no_run_id_is_an_error(store: Store, ask: object) -> None:
    with pytest.raises(NotFoundError, match="is no run id"):
        ask(store, "nope")  # type: ignore[operator]
