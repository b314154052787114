"""Searching: order, pages, entities and wide tables."""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrail.entities import ViewType
from celltrail.errors import InvalidValueError
from celltrail.store import decisions, events
from celltrail.store.ids import new_id
from celltrail.store.query.hints import unknown_keys
from celltrail.store.query.search import runs_frame, search_runs
from tests.store.query.five_runs import SAMPLES, log_five
from tests.store.samples import log_run

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.store import Store


@pytest.fixture
def ids(store: Store) -> dict[str, str]:
    """Return the ids of the five runs, by letter."""
    return log_five(store)


def letters(ids: dict[str, str], runs: list[Run]) -> str:
    known = {run_id: letter for letter, run_id in ids.items()}
    return "".join(known[run.info.run_id] for run in runs)


def test_runs_that_began_in_one_millisecond_are_in_the_order_they_began(
    store: Store,
) -> None:
    begun = [new_id() for _ in range(6)]
    for place, run_id in sorted(enumerate(begun), key=lambda pair: pair[1]):
        time = 10**18 + place * 1000
        store.journal.append(events.run_started(run_id, 0, time))
    found = search_runs(store, ["0"], order_by=["start_time"])
    assert [run.info.run_id for run in found] == begun


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        # MLflow 3.17.2 answers these alike, but for the order of equals.
        (["metrics.auc"], "badce"),
        (["metrics.auc DESC"], "dabce"),
        (["metrics.auc asc", "params.lr desc"], "badce"),
        (["end_time"], "ebadc"),
        (["end_time desc"], "dabec"),
        (["run_name"], "cabde"),
        (["user_id", "status"], "eacbd"),
        (["status DESC", "user_id"], "cdeab"),
        (["metrics.loss", "start_time desc", "run_name"], "dabce"),
        # Beyond MLflow: numbers before texts, attributes' other names, duration.
        (["params.lr"], "dabce"),
        (["params.lr DESC", "run_name"], "bad" + "c" + "e"),
        (["params.depth DESC", "run_name"], "bacde"),
        (["attributes.`run name` desc"], "edbac"),
        (["duration", "name"], "ebadc"),
    ],
)
def test_runs_come_in_the_order_asked_for(
    store: Store, ids: dict[str, str], order_by: list[str], expected: str
) -> None:
    assert letters(ids, search_runs(store, ["0"], order_by=order_by)) == expected


def test_the_newest_come_first_and_equals_always_in_one_order(
    store: Store, ids: dict[str, str]
) -> None:
    found = letters(ids, search_runs(store, ["0"]))
    newest = sorted("cde", key=lambda letter: ids[letter])
    assert found == "".join(newest) + "ba"
    assert letters(ids, search_runs(store, ["0"], order_by=["created"])) == (
        "ab" + "".join(newest)
    )


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        ("foo.x", "unknown entity"),
        ("nope", "no attribute"),
        ("statis", "Did you mean 'status'"),
        ("metrics.auc up", "column 13: expected ASC, DESC"),
        ("metrics.auc desc nulls first", "column 18"),
        ("metrics.a, metrics.b", "column 10"),
        ("metrics.val/auc", "needs backticks"),
        ("dataset.name", "cannot be ordered by"),
        ("", "expected what to order by"),
        ("metrics.a; DROP TABLE runs", "found ';'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    store: Store, clause: str, says: str
) -> None:
    with pytest.raises(InvalidValueError, match=says):
        search_runs(store, ["0"], order_by=[clause])


def test_an_order_names_a_field_once_and_is_a_list(store: Store) -> None:
    with pytest.raises(InvalidValueError, match="twice"):
        search_runs(store, ["0"], order_by=["metrics.a", "metric.a DESC"])
    with pytest.raises(InvalidValueError, match="list of texts"):
        search_runs(store, ["0"], order_by="metrics.a")


def test_a_run_comes_with_everything_it_has(store: Store, ids: dict[str, str]) -> None:
    [run] = search_runs(store, ["0"], "run_name = 'beta'")
    sample = SAMPLES["b"]
    assert (run.info.run_id, run.info.run_name) == (ids["b"], "beta")
    assert (run.info.experiment_id, run.info.user_id) == ("0", "bob")
    assert (run.info.start_time, run.info.end_time) == (2000, 4000)
    assert (run.info.status, run.info.lifecycle_stage) == ("FAILED", "active")
    assert run.info.artifact_uri == f"runs:/{ids['b']}"
    assert run.data.params == sample.params
    assert run.data.tags == {
        **sample.tags,
        "mlflow.runName": "beta",
        "mlflow.user": "bob",
    }
    assert run.data.metrics["auc"] == 0.7
    assert math.isnan(run.data.metrics["loss"])
    assert (run.data.values, run.data.context) == ({}, {})  # noqa: PD011
    inputs = sorted(run.inputs.dataset_inputs, key=lambda each: each.dataset.name)
    assert [each.dataset.name for each in inputs] == ["iris", "wine"]
    assert [tag.value for tag in inputs[0].tags] == ["eval"]


def test_pages_give_every_run_once(store: Store, ids: dict[str, str]) -> None:
    first = search_runs(store, ["0"], max_results=2)
    second = search_runs(store, ["0"], max_results=2, page_token=first.token)
    third = search_runs(store, ["0"], max_results=2, page_token=second.token)
    assert third.token is None
    together = letters(ids, [*first, *second, *third])
    assert together == letters(ids, search_runs(store, ["0"]))
    assert search_runs(store, ["0"], max_results=5).token is None


def test_a_token_belongs_to_its_search(store: Store, ids: dict[str, str]) -> None:
    assert ids
    token = search_runs(store, ["0"], max_results=2).token
    for question in (
        {"filter_string": "metrics.a > 1"},
        {"view_type": ViewType.ALL},
        {"order_by": ["metrics.a"]},
    ):
        with pytest.raises(InvalidValueError, match="another search"):
            search_runs(store, ["0"], page_token=token, **question)
    with pytest.raises(InvalidValueError, match="another search"):
        search_runs(store, None, page_token=token)


@pytest.mark.parametrize("content", [{}, {"offset": "x"}, [], 3, {"offset": 1}])
def test_a_token_of_someone_elses_is_refused(store: Store, content: object) -> None:
    token = base64.b64encode(json.dumps(content).encode()).decode()
    for wrong in (token, "abc", "!!", "é"):
        with pytest.raises(InvalidValueError, match="Invalid page token"):
            search_runs(store, ["0"], page_token=wrong)


@pytest.mark.parametrize("size", [0, -1, 50_001, "x", 1.5, True])
def test_the_size_of_a_page_is_checked(store: Store, size: int) -> None:
    with pytest.raises(InvalidValueError, match="parameter 'max_results' supplied"):
        search_runs(store, ["0"], max_results=size)


def test_only_the_experiments_asked_for_are_searched(store: Store) -> None:
    other = decisions.create_experiment(store, "other")
    here, there = log_run(store, "here"), log_run(store, "there", experiment=int(other))
    found = [
        [run.info.run_id for run in search_runs(store, experiments, order_by=["name"])]
        for experiments in (["0"], [other], ["0", other], None, [], ["99"])
    ]
    assert found == [[here], [there], [here, there], [here, there], [], []]
    with pytest.raises(InvalidValueError, match="must be a valid integer"):
        search_runs(store, ["abc"])
    with pytest.raises(InvalidValueError, match="list of ids"):
        search_runs(store, "0")


def test_deleted_runs_show_when_asked_for(store: Store, ids: dict[str, str]) -> None:
    decisions.set_run_stage(store, [ids["a"]], "deleted")
    views = (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)
    sizes = [len(search_runs(store, ["0"], view_type=view)) for view in views]
    assert sizes == [4, 1, 5]
    with pytest.raises(InvalidValueError, match="no view type"):
        search_runs(store, ["0"], view_type=7)


@pytest.mark.parametrize("max_results", [100, 100_000])
def test_a_table_has_mlflows_columns(
    store: Store, ids: dict[str, str], max_results: int
) -> None:
    frame = runs_frame(store, ["0"], order_by=["name"], max_results=max_results)
    assert list(frame.columns[:6]) == [
        "run_id",
        "experiment_id",
        "status",
        "artifact_uri",
        "start_time",
        "end_time",
    ]
    assert list(frame.columns[6:11]) == [
        "metrics.auc",
        "metrics.loss",
        "metrics.n",
        "metrics.val loss",
        "metrics.val/auc",
    ]
    assert list(frame["run_id"]) == [ids[letter] for letter in "cabde"]
    assert set(frame["experiment_id"]) == {"0"}
    assert frame["start_time"].iloc[1] == pd.Timestamp(1, unit="s", tz="UTC")
    assert frame["end_time"].isna().tolist() == [True, False, False, False, False]
    assert frame["metrics.auc"].dtype == "float64"
    assert frame["metrics.n"].dropna().tolist() == [-5.0]
    assert frame["params.lr"].dropna().tolist() == ["auto", "0.01", "0.1", "1e-3"]
    assert frame["params.empty"].iloc[0] == ""
    assert frame["tags.stage"].dropna().tolist() == ["Dev", "dev", "prod"]
    assert not any(name.startswith(("values.", "context.")) for name in map(str, frame))


def test_a_table_has_only_the_keys_of_its_rows(
    store: Store, ids: dict[str, str]
) -> None:
    assert ids
    frame = runs_frame(store, ["0"], order_by=["name"], max_results=1)
    assert "metrics.n" in frame
    assert "metrics.val/auc" not in frame


def test_values_and_context_are_columns_on_request(
    store: Store, ids: dict[str, str]
) -> None:
    store.journal.append(events.text(events.VALUE, ids["a"], "rows", "569"))
    store.journal.append(events.text(events.CONTEXT, ids["a"], "host", "here"))
    frame = runs_frame(store, ["0"], "name = 'alpha'", extra=["values", "context"])
    assert frame["values.rows"].tolist() == ["569"]
    assert frame["context.host"].tolist() == ["here"]
    with pytest.raises(InvalidValueError, match="Did you mean 'values'"):
        runs_frame(store, ["0"], extra=["value"])


def test_a_table_without_rows_has_its_columns(store: Store) -> None:
    frame = runs_frame(store, ["0"])
    assert frame.shape == (0, 6)
    assert str(frame["start_time"].dtype).endswith("UTC]")


def test_unknown_keys_are_named_with_the_nearest(
    store: Store, ids: dict[str, str]
) -> None:
    assert ids
    assert unknown_keys(store, "metrics.acu > 1 AND params.lr = '1'") == [
        "No run has metrics.acu. Did you mean 'auc'?"
    ]
    assert unknown_keys(store, "", ["tags.stge", "status"]) == [
        "No run has tags.stge. Did you mean 'stage'?"
    ]


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
NUMBERS = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0])


@settings(max_examples=25, deadline=None)
@given(
    params=st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=4),
    metrics=st.dictionaries(TEXTS.filter(bool), NUMBERS, max_size=4),
)
def test_any_key_and_value_comes_back_in_both_forms(
    tmp_path_factory: pytest.TempPathFactory,
    params: dict[str, str],
    metrics: dict[str, float],
) -> None:
    from celltrail.store import open_store

    store = open_store(tmp_path_factory.mktemp("any"))
    run_id = new_id()
    store.journal.append(events.run_started(run_id, 0))
    for key, text in params.items():
        store.journal.append(events.text(events.PARAM, run_id, key, text))
    for key, number in metrics.items():
        store.journal.append(events.metric(run_id, key, number, 0, 1))
    [run] = search_runs(store, ["0"])
    row = runs_frame(store, ["0"]).iloc[0]
    store.close()
    assert run.data.params == params
    assert {key: row[f"params.{key}"] for key in params} == params
    for key, number in metrics.items():
        for found in (run.data.metrics[key], row[f"metrics.{key}"]):
            assert found == number or (math.isnan(found) and math.isnan(number))
