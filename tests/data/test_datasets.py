"""Datasets describe data as MLflow does.

The digests and schemas here are those of MLflow 3.17.2 for the same data.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from celltrail import data
from celltrail.data.numpy_dataset import NumpyDataset
from celltrail.data.pandas_dataset import PandasDataset
from celltrail.errors import InvalidTypeError, InvalidValueError

COLUMNS = [
    {"type": "long", "name": "a", "required": True},
    {"type": "string", "name": "b", "required": True},
    {"type": "double", "name": "c", "required": False},
    {"type": "datetime", "name": "d", "required": True},
    {"type": "boolean", "name": "e", "required": True},
]


@pytest.fixture
def df() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": [1, 2],
            "b": ["x", "y"],
            "c": [1.5, None],
            "d": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "e": [True, False],
        }
    )


def test_a_frame_is_described_as_by_mlflow(df: pd.DataFrame) -> None:
    dataset = data.from_pandas(df, source="data.csv", name="n", targets="a")
    assert isinstance(dataset, PandasDataset)
    described = dataset.to_dict()
    assert json.loads(described.pop("schema") or "") == {"mlflow_colspec": COLUMNS}
    assert described == {
        "name": "n",
        "digest": "9cff47cc",
        "source": '{"uri": "data.csv"}',
        "source_type": "local",
        "profile": '{"num_rows": 2, "num_elements": 10}',
    }
    assert json.loads(dataset.to_json())["digest"] == "9cff47cc"


def test_arrays_are_described_as_by_mlflow() -> None:
    dataset = data.from_numpy(np.zeros((3, 4)), targets=np.array([1, 2, 3]))
    assert isinstance(dataset, NumpyDataset)
    assert (dataset.name, dataset.digest) == ("dataset", "e4b75196")
    assert json.loads(dataset.to_dict()["profile"] or "") == {
        "features_shape": [3, 4],
        "features_size": 12,
        "features_nbytes": 96,
        "targets_shape": [3],
        "targets_size": 3,
        "targets_nbytes": 24,
    }
    assert json.loads(dataset.to_dict()["schema"] or "") == {
        "mlflow_tensorspec": {
            "features": '[{"type": "tensor", "tensor-spec": '
            '{"dtype": "float64", "shape": [-1, 4]}}]',
            "targets": '[{"type": "tensor", "tensor-spec": '
            '{"dtype": "int64", "shape": [-1]}}]',
        }
    }
    named = data.from_numpy({"q": np.zeros((3, 4))})
    assert named.digest == "cbc0483c"
    assert named.profile["features_shape"] == {"q": (3, 4)}


@pytest.mark.parametrize(
    ("source", "kind", "facts"),
    [
        ("data.csv", "local", {"uri": "data.csv"}),
        ("file:///data.csv", "local", {"uri": "file:///data.csv"}),
        ("https://x.org/a.csv", "http", {"url": "https://x.org/a.csv"}),
        ("s3://b/a.csv", "s3", {"uri": "s3://b/a.csv"}),
    ],
)
def test_sources(df: pd.DataFrame, source: str, kind: str, facts: Any) -> None:
    dataset = data.from_pandas(df, source=source)
    assert (dataset.source.source_type, dataset.source.to_dict()) == (kind, facts)
    assert dataset.source.uri == dataset.source.url == source
    assert data.get_source(dataset.to_entity()) == dataset.source
    assert data.get_source(dataset) is dataset.source


def test_without_a_source_it_is_the_program(df: pd.DataFrame) -> None:
    source = data.from_pandas(df).source
    assert source.source_type == "code"
    assert "mlflow.source.name" in source.facts["tags"]
    with pytest.raises(InvalidValueError, match="made by code"):
        source.load()


def test_a_source_is_loaded(df: pd.DataFrame, folder: Any) -> None:
    (folder / "a.csv").write_text("1")
    source = data.from_pandas(df, source=str(folder / "a.csv")).source
    assert source.load() == str(folder / "a.csv")
    assert source.load(folder / "out") == str(folder / "out" / "a.csv")


def test_wrong_arguments_are_named(df: pd.DataFrame) -> None:
    with pytest.raises(InvalidValueError, match="targets column 'z'"):
        data.from_pandas(df, targets="z")
    with pytest.raises(InvalidValueError, match="predictions column 'z'"):
        data.from_pandas(df, predictions="z")
    with pytest.raises(InvalidTypeError, match="source"):
        data.from_pandas(df, source=5)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="int"):
        data.get_source(5)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1], "int8"), "integer"),
        (np.array([1], "uint32"), "long"),
        (np.array([1], "float32"), "float"),
        (pd.array([1, None], "Int64"), "long"),
        ([b"x", b"y"], "binary"),
        (pd.Categorical(["x", "y"]), None),
        (pd.to_timedelta(["1s"]), None),
        ([{"a": 1}], None),
        ([1, "x"], None),
    ],
)
def test_column_types(values: Any, kind: str | None) -> None:
    schema = data.from_pandas(pd.DataFrame({"a": values}), digest="d").schema
    found = schema["mlflow_colspec"][0]["type"] if schema else None
    assert found == kind


def test_a_digest_changes_with_the_data(df: pd.DataFrame) -> None:
    digests = {
        data.from_pandas(frame).digest
        for frame in (
            df,
            df.assign(a=[1, 3]),
            df.head(1),
            df.rename(columns={"a": "z"}),
        )
    }
    assert len(digests) == 4
    assert data.from_pandas(df, digest="given").digest == "given"


def test_a_run_remembers_its_inputs(tracking: Any, df: pd.DataFrame) -> None:
    first = data.from_pandas(df, source="a.csv", name="train")
    second = data.from_numpy(np.zeros(3), name="test")
    with tracking.start_run() as run:
        tracking.log_input(first, context="training", tags={"fold": "1"})
        tracking.log_inputs([second, None], ["testing", None], [None, None])
        tracking.log_metric("auc", 0.5, dataset=first)
    used = tracking.get_run(run.info.run_id).inputs.dataset_inputs
    assert {each.dataset.name for each in used} == {"train", "test"}
    by_name = {each.dataset.name: each for each in used}
    assert by_name["train"].dataset == first.to_entity()
    tags = {tag.key: tag.value for tag in by_name["test"].tags}
    assert tags == {"mlflow.data.context": "testing"}


def test_inputs_are_datasets_of_one_length(tracking: Any, df: pd.DataFrame) -> None:
    dataset = data.from_pandas(df)
    with tracking.start_run():
        with pytest.raises(InvalidValueError, match="same length"):
            tracking.log_inputs([dataset], [None], [])
        with pytest.raises(InvalidTypeError, match="from_pandas"):
            tracking.log_input(df)
