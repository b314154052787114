"""Files of runs: what is logged is what is listed, loaded and downloaded."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrail import artifacts
from celltrail.entities import FileInfo
from celltrail.errors import (
    CelltrailError,
    InvalidTypeError,
    InvalidValueError,
    NotFoundError,
)
from celltrail.tracking.keys import check_artifact_path

BAD_PATHS = [
    "../a.txt",
    "a/../../b",
    "a/..",
    "/a.txt",
    "",
    ".",
    "C:/a",
    "a\\b",
    "a\0b",
    "~/a",
]


@pytest.fixture
def run(tracking: Any) -> Any:
    return tracking.start_run(run_name="mine")


def read(run: Any, path: str) -> str:
    return artifacts.load_text(f"runs:/{run.info.run_id}/{path}")


def listed(run: Any, path: str | None = None) -> list[FileInfo]:
    return artifacts.list_artifacts(run_id=run.info.run_id, artifact_path=path)


def test_texts_and_dictionaries_come_back(tracking: Any, run: Any) -> None:
    tracking.log_text("é\n☃", "notes/a.txt")
    tracking.log_dict({"k": [1, None], "p": Path("x")}, "d.json")
    assert read(run, "notes/a.txt") == "é\n☃"
    loaded = artifacts.load_dict(f"{run.info.artifact_uri}/d.json")
    assert loaded == {"k": [1, None], "p": "x"}
    assert artifacts.load_text("runs:/mine/notes/a.txt") == "é\n☃"


def test_dictionaries_can_be_yaml(tracking: Any, run: Any) -> None:
    pytest.importorskip("yaml")
    tracking.log_dict({"k": "v"}, "d.yaml")
    assert read(run, "d.yaml") == "k: v\n"


def test_a_file_logged_again_has_the_new_content(tracking: Any, run: Any) -> None:
    tracking.log_text("old", "a.txt")
    tracking.log_text("new", "a.txt")
    assert read(run, "a.txt") == "new"
    assert listed(run) == [FileInfo("a.txt", is_dir=False, file_size=3)]


def test_files_and_folders_are_logged_with_their_structure(
    tracking: Any, run: Any, folder: Path
) -> None:
    source = folder / "out"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "top.txt").write_text("1")
    (source / "deep" / "er" / "b.bin").write_bytes(b"22")
    tracking.log_artifact(source / "top.txt")
    tracking.log_artifact(str(source / "top.txt"), "in/here")
    tracking.log_artifact("out")
    tracking.log_artifacts("out", "copy")
    tracking.log_stream(io.BytesIO(b"333"), "s.bin")
    assert [file.path for file in listed(run)] == [
        "copy",
        "in",
        "out",
        "s.bin",
        "top.txt",
    ]
    assert listed(run, "copy") == [
        FileInfo("copy/deep", is_dir=True),
        FileInfo("copy/top.txt", is_dir=False, file_size=1),
    ]
    assert listed(run, "copy/top.txt") == []
    assert listed(run, "nothing") == []
    got = Path(artifacts.download_artifacts(run_id=run.info.run_id, dst_path="all"))
    found = {p.relative_to(got).as_posix() for p in got.rglob("*") if p.is_file()}
    assert found == {
        "copy/deep/er/b.bin",
        "copy/top.txt",
        "in/here/top.txt",
        "out/deep/er/b.bin",
        "out/top.txt",
        "s.bin",
        "top.txt",
    }
    assert (got / "copy/deep/er/b.bin").read_bytes() == b"22"


def test_a_part_is_downloaded_to_a_folder_of_its_own(tracking: Any, run: Any) -> None:
    tracking.log_text("1", "a/b/c.txt")
    tracking.log_text("2", "a/bc.txt")
    path = artifacts.download_artifacts(f"runs:/{run.info.run_id}/a/b")
    assert [p.name for p in Path(path).iterdir()] == ["c.txt"]
    one = artifacts.download_artifacts(f"runs:/{run.info.run_id}/a/bc.txt")
    assert Path(one).read_text() == "2"
    Path(one).write_text("changed")
    assert read(run, "a/bc.txt") == "2"


def test_what_is_missing_is_not_found_with_a_hint(tracking: Any, run: Any) -> None:
    tracking.log_text("1", "notes.txt")
    with pytest.raises(NotFoundError, match=r"Did you mean 'notes\.txt'"):
        read(run, "note.txt")
    with pytest.raises(NotFoundError):
        artifacts.download_artifacts(f"runs:/{run.info.run_id}/no")
    with pytest.raises(NotFoundError):
        artifacts.load_text("runs:/nobody/notes.txt")
    with pytest.raises(FileNotFoundError):
        tracking.log_artifact("no such file")
    with pytest.raises(NotADirectoryError):
        tracking.log_artifacts("no such folder")


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_stay_inside_the_run(tracking: Any, run: Any, path: str) -> None:
    del run
    with pytest.raises(InvalidValueError, match="artifact path"):
        tracking.log_text("x", path)


@pytest.mark.parametrize("path", [path for path in BAD_PATHS if path not in {"", "."}])
def test_paths_asked_for_stay_inside_the_run(run: Any, path: str) -> None:
    with pytest.raises(InvalidValueError, match="artifact path"):
        artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=path)
    with pytest.raises(InvalidValueError, match="artifact path"):
        listed(run, path)


@given(st.text(st.sampled_from("a./\\~:\0C "), max_size=12))
def test_a_path_that_is_taken_is_inside(path: str) -> None:
    root = Path("/root/of/run")
    try:
        taken = check_artifact_path(path)
    except InvalidValueError:
        return
    assert root in (root / taken).parents
    assert check_artifact_path(taken) == taken


@pytest.mark.parametrize("uri", ["runs:", "runs:/", "runs:abc/x"])
def test_a_broken_uri_is_refused(run: Any, uri: str) -> None:
    del run
    with pytest.raises(InvalidValueError, match="Not a proper runs:/ URI"):
        artifacts.list_artifacts(uri)


def test_one_place_is_asked_for_at_a_time(run: Any) -> None:
    with pytest.raises(InvalidValueError, match="Exactly one"):
        artifacts.list_artifacts()
    with pytest.raises(InvalidValueError, match="artifact_path"):
        artifacts.download_artifacts(run.info.artifact_uri, artifact_path="a")


def test_other_uris_are_fetched_too(folder: Path, tracking: Any) -> None:
    del tracking
    (folder / "a.txt").write_text("here")
    assert artifacts.load_text((folder / "a.txt").as_uri()) == "here"
    copy = artifacts.download_artifacts(str(folder / "a.txt"), dst_path="copies")
    assert Path(copy).read_text() == "here"


def test_wrong_content_says_so(tracking: Any, run: Any) -> None:
    tracking.log_stream(io.BytesIO(b"\xff\xfe"), "a.bin")
    tracking.log_text("{", "a.json")
    uri = run.info.artifact_uri
    with pytest.raises(CelltrailError, match="UTF-8"):
        artifacts.load_text(f"{uri}/a.bin")
    with pytest.raises(CelltrailError, match="JSON"):
        artifacts.load_dict(f"{uri}/a.json")
    with pytest.raises(CelltrailError, match="image"):
        artifacts.load_image(f"{uri}/a.json")


def test_uris_of_artifacts(tracking: Any, run: Any) -> None:
    root = f"runs:/{run.info.run_id}"
    assert tracking.get_artifact_uri() == run.info.artifact_uri == root
    assert tracking.get_artifact_uri("a/b") == f"{root}/a/b"


def test_matplotlib_figures(tracking: Any, run: Any) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2])
    tracking.log_figure(figure, "plots/a.png", save_kwargs={"dpi": 20})
    tracking.log_figure(figure, "a.svg")
    assert artifacts.load_image(f"{run.info.artifact_uri}/plots/a.png").size[0] < 200
    assert "<svg" in read(run, "a.svg")


def test_plotly_figures_show_without_a_network(tracking: Any, run: Any) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    figure = graph_objects.Figure(graph_objects.Scatter(y=[1, 3, 2]))
    tracking.log_figure(figure, "plots/a.html")
    page = read(run, "plots/a.html")
    assert 'src="plotly.min.js"' in page
    assert "https://cdn" not in page
    assert {file.path for file in listed(run, "plots")} == {
        "plots/a.html",
        "plots/plotly.min.js",
    }
    tracking.log_figure(
        figure, "b.html", save_kwargs={"include_plotlyjs": False, "full_html": False}
    )
    assert {file.path for file in listed(run)} == {"plots", "b.html"}
    with pytest.raises(InvalidTypeError, match="extension"):
        tracking.log_figure(figure, "a.txt")


def test_what_is_no_figure_is_refused(tracking: Any, run: Any) -> None:
    del run
    with pytest.raises(TypeError, match="Unsupported figure object type: 'int'"):
        tracking.log_figure(5, "x.png")


@pytest.mark.parametrize(
    ("array", "pixel"),
    [
        (np.full((2, 3), 255, np.uint8), 255),
        (np.full((2, 3), 7), 7),
        (np.full((2, 3), 1.0), 255),
        (np.full((2, 3), fill_value=True), 255),
        (np.full((2, 3, 1), 9), 9),
        (np.full((2, 3, 3), 8), (8, 8, 8)),
        (np.full((2, 3, 4), 8), (8, 8, 8, 8)),
    ],
)
def test_arrays_become_images(tracking: Any, run: Any, array: Any, pixel: Any) -> None:
    pytest.importorskip("PIL")
    tracking.log_image(array, "a.png")
    image = artifacts.load_image(f"{run.info.artifact_uri}/a.png")
    assert (image.size, image.getpixel((0, 0))) == ((3, 2), pixel)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((2, 2), 300), r"\[0, 255\]"),
        (np.zeros(3), "2D or 3D"),
        (np.zeros((2, 2, 2)), "channel"),
        (np.array([["a"]]), "data type"),
        (5, "int"),
    ],
)
def test_what_is_no_image_is_refused(
    tracking: Any, run: Any, image: Any, words: str
) -> None:
    pytest.importorskip("PIL")
    del run
    with pytest.raises(InvalidValueError, match=words):
        tracking.log_image(image, "x.png")


def test_floats_out_of_range_are_scaled_with_a_warning(tracking: Any, run: Any) -> None:
    pytest.importorskip("PIL")
    with pytest.warns(UserWarning, match="Rescaling"):
        tracking.log_image(np.array([[0.0, 4.0]]), "a.png")
    image = artifacts.load_image(f"{run.info.artifact_uri}/a.png")
    assert list(image.tobytes()) == [0, 255]


def test_images_of_a_series_have_steps(tracking: Any, run: Any) -> None:
    pil = pytest.importorskip("PIL.Image")
    for step in (1, 2):
        tracking.log_image(pil.new("RGB", (600, 300)), key="val/dogs", step=step)
    names = [file.path for file in listed(run, "images")]
    assert len(names) == 4
    assert all(name.startswith("images/val~dogs+step+") for name in names)
    small = next(name for name in names if name.endswith("+compressed.webp"))
    image = artifacts.load_image(f"{run.info.artifact_uri}/{small}")
    assert image.size == (256, 128)
    tags = tracking.get_run(run.info.run_id).data.tags
    assert tags["mlflow.loggedImages"] == "True"


def test_an_image_goes_to_one_place(tracking: Any, run: Any) -> None:
    pytest.importorskip("PIL")
    del run
    with pytest.raises(TypeError, match="exactly one"):
        tracking.log_image(np.zeros((2, 2)))
    with pytest.raises(TypeError, match="conjunction"):
        tracking.log_image(np.zeros((2, 2)), "a.png", step=1)
    with pytest.raises(ValueError, match="key"):
        tracking.log_image(np.zeros((2, 2)), key="a=b")
    with pytest.raises(ValueError, match="format"):
        tracking.log_image(np.zeros((2, 2)), "a")


def test_an_image_object_converts(folder: Path) -> None:
    pytest.importorskip("PIL")
    from celltrail.tracking.fluent import Image

    image = Image(np.arange(6, dtype=np.uint8).reshape(2, 3))
    image.save("a.png")
    assert Image(str(folder / "a.png")).to_array().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert Image([[0, 1]]).to_list() == [0, 1]
    assert image.resize((1, 1)).size == image.to_pil().resize((1, 1)).size == (1, 1)


def test_tables_grow_with_each_call(tracking: Any, run: Any) -> None:
    tracking.log_table({"text": ["a"], "score": [0.5]}, "t/answers.json")
    tracking.log_table(pd.DataFrame({"text": ["b"], "score": [0.25]}), "t/answers.json")
    tracking.log_table({"text": "c", "score": 1.0}, "t/answers.json")
    table = tracking.load_table("t/answers.json", [run.info.run_id])
    assert table.to_dict("list") == {"text": ["a", "b", "c"], "score": [0.5, 0.25, 1.0]}
    tags = tracking.get_run(run.info.run_id).data.tags
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [
        {"path": "t/answers.json", "type": "table"}
    ]


def test_tables_of_all_runs_with_facts_of_each(tracking: Any, run: Any) -> None:
    tracking.end_run()
    for depth in (1, 2):
        with tracking.start_run():
            tracking.log_param("depth", depth)
            tracking.log_metric("auc", depth / 4)
            tracking.log_table({"score": [depth]}, "s.json")
    table = tracking.load_table(
        "s.json", extra_columns=["run_id", "params.depth", "metrics.auc"]
    )
    assert run.info.run_id not in set(table["run_id"])
    facts = table.sort_values("score")[["score", "params.depth", "metrics.auc"]]
    assert facts.astype(str).to_numpy().tolist() == [
        ["1", "1", "0.25"],
        ["2", "2", "0.5"],
    ]
    with pytest.raises(NotFoundError, match=r"nope\.json"):
        tracking.load_table("nope.json")
    with pytest.raises(InvalidValueError, match="colour"):
        tracking.load_table("s.json", extra_columns=["colour"])


def test_images_in_tables_are_files(tracking: Any, run: Any) -> None:
    pil = pytest.importorskip("PIL.Image")
    images = [pil.new("RGB", (4, 4)), pil.new("RGB", (8, 8))]
    tracking.log_table({"n": [1, 2], "picture": images}, "t.json")
    first = tracking.load_table("t.json", [run.info.run_id])["picture"][0]
    assert first["type"] == "image"
    image = artifacts.load_image(f"{run.info.artifact_uri}/{first['filepath']}")
    assert image.size == (4, 4)
    with pytest.raises(InvalidValueError, match="mix"):
        tracking.log_table({"picture": [images[0], "x"]}, "t.json")


@pytest.mark.parametrize(
    ("data", "path"), [(5, "a.json"), ({"a": [1]}, "a.csv"), ({"a": [1]}, "a:b.json")]
)
def test_what_is_no_table_is_refused(
    tracking: Any, run: Any, data: Any, path: str
) -> None:
    del run
    with pytest.raises(InvalidValueError):
        tracking.log_table(data, path)
