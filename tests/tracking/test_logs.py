"""Metrics, params and tags come back as they were logged."""

from __future__ import annotations

import math
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrail.entities import Metric, Param, RunTag
from celltrail.errors import CelltrailError, InvalidValueError, NotFoundError
from celltrail.store.events import clean
from celltrail.tracking.keys import check_key

SHARED_STORE = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
KEYS = st.text(
    st.characters(categories=["L", "N"], include_characters="_-. :/"),
    min_size=1,
    max_size=40,
)


def is_key(text: str) -> bool:
    try:
        check_key(text, "param")
    except CelltrailError:
        return False
    return True


class Tensor:
    """Like torch's: holds one number behind `item`."""

    shape = ()

    def item(self) -> float:
        return 0.25


def logged(tracking: Any, value: Any, **arguments: Any) -> Any:
    with tracking.start_run() as run:
        assert tracking.log_metric("m", value, **arguments) is None
    return tracking.get_run(run.info.run_id).data.metrics["m"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, 0.1),
        (1, 1.0),
        (True, 1.0),
        ("0.5", 0.5),
        (Decimal("0.25"), 0.25),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.bool_(1), 1.0),
        (np.array(1.5), 1.5),
        (np.array([[2]]), 2.0),
        (Tensor(), 0.25),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (5e-324, 5e-324),
        (-0.0, 0.0),
    ],
)
def test_a_metric_takes_what_holds_one_number(
    tracking: Any, value: Any, expected: float
) -> None:
    assert logged(tracking, value) == expected


def test_a_metric_takes_nan(tracking: Any) -> None:
    assert math.isnan(logged(tracking, math.nan))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "Missing value"),
        ("abc", "'abc'"),
        ([1], "list"),
        (np.array([1, 2]), "shape"),
        (1j, "complex"),
        (10**400, "too large"),
        ({}, "dict"),
    ],
)
def test_what_is_no_number_is_refused_by_name(
    tracking: Any, value: Any, words: str
) -> None:
    with tracking.start_run(), pytest.raises(InvalidValueError, match=words) as caught:
        tracking.log_metric("loss", value)
    assert "loss" in str(caught.value)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, "x", float("nan")])
def test_a_step_has_to_fit_64_bits(tracking: Any, step: Any) -> None:
    with tracking.start_run():
        tracking.log_metric("m", 1.0)
        with pytest.raises(InvalidValueError, match="step"):
            tracking.log_metric("m", 1.0, step=step)


@pytest.mark.parametrize("step", [2**63 - 1, -(2**63), 0, np.int64(7), True])
def test_steps_come_back(tracking: Any, step: Any) -> None:
    with tracking.start_run() as run:
        tracking.log_metric("m", 1.0)
        tracking.log_metric("m", 2.0, step=step)
    history = tracking.MlflowClient().get_metric_history(run.info.run_id, "m")
    assert [point.step for point in history] == [0, int(step)]


@pytest.mark.parametrize("timestamp", [-5, "x", 2**62])
def test_a_timestamp_is_a_time(tracking: Any, timestamp: Any) -> None:
    with (
        tracking.start_run(),
        pytest.raises(InvalidValueError, match="timestamp"),
    ):
        tracking.log_metric("m", 1.0, timestamp=timestamp)


def test_a_point_has_the_time_given_or_now(tracking: Any) -> None:
    before = int(time.time() * 1000)
    with tracking.start_run() as run:
        tracking.log_metric("m", 1.0)
        tracking.log_metric("m", 2.0)
        tracking.log_metric("given", 1.0, timestamp=1_600_000_000_123)
    client = tracking.MlflowClient()
    for point in client.get_metric_history(run.info.run_id, "m"):
        assert before <= point.timestamp <= int(time.time() * 1000)
    (point,) = client.get_metric_history(run.info.run_id, "given")
    assert point == Metric("given", 1.0, 1_600_000_000_123, 0, run.info.run_id)


def test_the_latest_value_has_the_greatest_step(tracking: Any) -> None:
    with tracking.start_run() as run:
        for step in (2, 5, 3):
            tracking.log_metric("m", step / 10, step=step)
    assert tracking.get_run(run.info.run_id).data.metrics == {"m": 0.5}


@pytest.mark.parametrize(
    "key", ["a b", "a/b", "a:b", "é", "日本", "a.b-c_d", "x" * 250]
)
def test_keys_that_mlflow_takes(tracking: Any, key: str) -> None:
    with tracking.start_run() as run:
        tracking.log_metric(key, 1.0)
        tracking.log_param(key, 1)
        tracking.set_tag(key, 1)
    data = tracking.get_run(run.info.run_id).data
    assert (data.metrics[key], data.params[key], data.tags[key]) == (1.0, "1", "1")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("a=b", "'='"),
        ("a\n", r"'\\n'"),
        ("a//b", "'a/b'"),
        ("/a", "resolve"),
        ("a/", "'a'"),
        ("..", "resolve"),
        (".", "resolve"),
        ("", "resolve"),
        ("x" * 251, "251"),
        (None, "None"),
        (5, "int"),
    ],
)
def test_other_keys_are_refused_with_the_reason(
    tracking: Any, key: Any, words: str
) -> None:
    with tracking.start_run():
        for log in (tracking.log_metric, tracking.log_param, tracking.set_tag):
            with pytest.raises(InvalidValueError, match=words):
                log(key, 1.0)


def test_a_bad_metric_leaves_the_others_of_its_batch_out_too(tracking: Any) -> None:
    with tracking.start_run() as run:
        with pytest.raises(InvalidValueError):
            tracking.log_metrics({"good": 1.0, "bad": "x"})
        tracking.log_metrics({})
        tracking.log_metrics({"a": 1, "b": np.array([2.0])}, step=3)
    assert tracking.get_run(run.info.run_id).data.metrics == {"a": 1.0, "b": 2.0}


def test_a_param_logged_again_keeps_the_newest_and_remembers(
    tracking: Any, store: Any
) -> None:
    from celltrail.store.query import queries

    with tracking.start_run() as run:
        assert tracking.log_param("depth", 3) == 3
        tracking.log_params({"depth": 5, "none": None, "list": [1, 2]})
    run_id = run.info.run_id
    params = tracking.get_run(run_id).data.params
    assert params == {"depth": "5", "none": "None", "list": "[1, 2]"}
    assert queries.param_history(store, run_id, "depth") == ["3"]


def test_long_values_are_kept_whole(tracking: Any) -> None:
    text = "x" * 100_000
    with tracking.start_run() as run:
        tracking.log_param("p", text)
        tracking.set_tag("t", text)
    data = tracking.get_run(run.info.run_id).data
    assert data.params["p"] == data.tags["t"] == text


def test_tags_are_set_changed_and_deleted(tracking: Any) -> None:
    with tracking.start_run(tags={"a": 1, "b": 2}) as run:
        tracking.set_tags({"a": "x", "c": None})
        tracking.delete_tag("b")
        with pytest.raises(NotFoundError, match="nope"):
            tracking.delete_tag("nope")
    tags = tracking.get_run(run.info.run_id).data.tags
    assert {key: tags.get(key) for key in "abc"} == {"a": "x", "b": None, "c": "None"}


def test_a_batch_logs_everything(tracking: Any) -> None:
    with tracking.start_run() as run:
        tracking.log_batch(
            metrics=[Metric("m", 1.0, 5, 1), Metric("m", 2.0, 6, 2)],
            params=[Param("p", "1")],
            tags=[RunTag("t", "x")],
        )
    data = tracking.get_run(run.info.run_id).data
    assert (data.metrics, data.params, data.tags["t"]) == ({"m": 2.0}, {"p": "1"}, "x")


def test_a_batch_larger_than_a_journals_segment(tracking: Any) -> None:
    params = {f"p{number}": "x" * 100_000 for number in range(200)}
    with tracking.start_run() as run:
        tracking.log_params(params)
    assert tracking.get_run(run.info.run_id).data.params == params


def test_asynchronous_calls_are_done_when_they_return(tracking: Any) -> None:
    with tracking.start_run() as run:
        for operation in (
            tracking.log_metric("m", 1.0, synchronous=False),
            tracking.log_metrics({"n": 1.0}, synchronous=False),
            tracking.log_param("p", 1, synchronous=False),
            tracking.log_params({"q": 1}, synchronous=False),
            tracking.set_tag("t", 1, synchronous=False),
        ):
            operation.wait()
    assert tracking.get_run(run.info.run_id).data.metrics == {"m": 1.0, "n": 1.0}


def test_a_run_can_be_named_to_log_to(tracking: Any) -> None:
    with tracking.start_run(run_name="first") as first:
        pass
    with tracking.start_run():
        tracking.log_metric("m", 1.0, run_id=first.info.run_id)
        tracking.log_metrics({"n": 2.0}, run_id="first")
        tracking.log_params({"p": 1}, run_id="@last")
        with pytest.raises(NotFoundError):
            tracking.log_metric("m", 1.0, run_id="a" * 32)
    data = tracking.get_run("first").data
    assert (data.metrics, data.params) == ({"m": 1.0, "n": 2.0}, {"p": "1"})


@SHARED_STORE
@given(st.dictionaries(KEYS.filter(is_key), st.text(), max_size=5))
def test_any_text_comes_back(tracking: Any, values: dict[str, str]) -> None:
    with tracking.start_run() as run:
        tracking.log_params(values)
        tracking.set_tags(values)
    data = tracking.get_run(run.info.run_id).data
    expected = {key: clean(value) for key, value in values.items()}
    assert data.params == expected
    assert expected.items() <= data.tags.items()


@SHARED_STORE
@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_any_float_comes_back(tracking: Any, values: list[float]) -> None:
    with tracking.start_run() as run:
        for step, value in enumerate(values):
            tracking.log_metric("m", value, step=step)
    history = tracking.MlflowClient().get_metric_history(run.info.run_id, "m")
    read = {point.step: point.value for point in history}
    assert [repr(read[step]) for step in range(len(values))] == list(map(repr, values))
