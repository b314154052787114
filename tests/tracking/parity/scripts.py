"""Scripts that run with MLflow and with celltrail, only the module being another.

Each takes the module and returns what can be written as JSON. `record.py` runs them
with MLflow and writes what they return into expected.json.
"""

from __future__ import annotations

import contextlib
import math
from typing import Any

SYSTEM = "mlflow."


def outcome(function: Any, *arguments: Any, **keywords: Any) -> Any:
    """Return what a call returns, or the code of the error it raises."""
    try:
        return function(*arguments, **keywords)
    except Exception as error:  # noqa: BLE001 (the kind of error is the result)
        code = getattr(error, "error_code", None)
        # MLflow has no code of its own for these; that they fail is what matters.
        return "error" if code in {None, "INTERNAL_ERROR"} else code


def own_tags(run: Any) -> dict[str, str]:
    """Return the tags that the user set."""
    return {k: v for k, v in run.data.tags.items() if not k.startswith(SYSTEM)}


def the_quickstart(mlflow: Any) -> Any:
    mlflow.set_experiment("quickstart")
    with mlflow.start_run(run_name="first") as run:
        value = mlflow.log_param("depth", 3)
        mlflow.log_params({"criterion": "gini", "weights": None, "layers": [1, 2]})
        nothing = mlflow.log_metric("auc", 0.5)
        mlflow.log_metrics({"f1": 0.25, "n": 7}, step=2)
        mlflow.set_tag("stage", "dev")
        mlflow.set_tags({"n": 5, "flag": True})
    read = mlflow.get_run(run.info.run_id)
    return {
        "value": value,
        "nothing": nothing,
        "name": read.info.run_name,
        "status": read.info.status,
        "stage": read.info.lifecycle_stage,
        "experiment": read.info.experiment_id,
        "params": read.data.params,
        "metrics": read.data.metrics,
        "tags": own_tags(read),
        "times": [
            type(read.info.start_time).__name__,
            type(read.info.end_time).__name__,
        ],
        "id": [len(run.info.run_id), run.info.run_id.isalnum()],
    }


def statuses(mlflow: Any) -> Any:
    found = {}
    with mlflow.start_run() as run:
        found["open"] = mlflow.get_run(run.info.run_id).info.status
        found["open end"] = mlflow.get_run(run.info.run_id).info.end_time
    found["closed"] = mlflow.get_run(run.info.run_id).info.status
    with contextlib.suppress(KeyError), mlflow.start_run() as failing:
        raise KeyError
    found["failed"] = mlflow.get_run(failing.info.run_id).info.status
    for status in ("FINISHED", "FAILED", "KILLED"):
        ended = mlflow.start_run()
        mlflow.end_run(status)
        found[status] = mlflow.get_run(ended.info.run_id).info.status
    found["snapshot"] = run.info.status
    found["none"] = [mlflow.end_run(), mlflow.active_run()]
    return found


def nesting(mlflow: Any) -> Any:
    found: dict[str, Any] = {}
    with mlflow.start_run(run_name="parent") as parent:
        found["second"] = outcome(mlflow.start_run)
        with mlflow.start_run(run_name="child", nested=True) as child:
            found["active"] = mlflow.active_run().info.run_id == child.info.run_id
        found["back"] = mlflow.active_run().info.run_id == parent.info.run_id
    found["parent"] = mlflow.get_parent_run(child.info.run_id).info.run_name
    found["no parent"] = mlflow.get_parent_run(parent.info.run_id)
    tag = mlflow.get_run(child.info.run_id).data.tags["mlflow.parentRunId"]
    found["tag"] = tag == parent.info.run_id
    with mlflow.start_run(parent_run_id=parent.info.run_id) as late:
        pass
    found["late"] = mlflow.get_parent_run(late.info.run_id).info.run_name
    query = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    found["children"] = len(mlflow.search_runs(filter_string=query))
    found["last"] = mlflow.last_active_run().info.run_id == late.info.run_id
    return found


def resuming(mlflow: Any) -> Any:
    with mlflow.start_run(run_name="one", tags={"a": 1}) as run:
        mlflow.log_metric("m", 1.0)
    with mlflow.start_run(
        run_id=run.info.run_id, tags={"b": 2}, description="d"
    ) as two:
        mlflow.log_metric("m", 2.0, step=1)
    read = mlflow.get_run(run.info.run_id)
    return {
        "same": two.info.run_id == run.info.run_id,
        "status": [two.info.status, read.info.status],
        "tags": own_tags(read),
        "note": read.data.tags["mlflow.note.content"],
        "metrics": read.data.metrics,
        "unknown": outcome(mlflow.start_run, run_id="a" * 32),
        "name": read.info.run_name,
    }


def values_of_metrics(mlflow: Any) -> Any:
    import numpy as np

    cases = {
        "true": True,
        "text": "0.5",
        "word": "abc",
        "none": None,
        "list": [1],
        "array": np.array([1.5]),
        "square": np.array([[2]]),
        "zero-d": np.array(2.5),
        "two": np.array([1, 2]),
        "float32": np.float32(0.5),
        "int64": np.int64(4),
        "complex": 1j,
        "huge": 10**400,
        "nothing": {},
    }
    found: dict[str, Any] = {}
    for name, value in cases.items():
        with mlflow.start_run() as run:
            result = outcome(mlflow.log_metric, "m", value)
        found[name] = [result, mlflow.get_run(run.info.run_id).data.metrics]
    with mlflow.start_run() as run:
        mlflow.log_metric("nan", math.nan)
    found["nan"] = math.isnan(mlflow.get_run(run.info.run_id).data.metrics["nan"])
    return found


def steps_and_times(mlflow: Any) -> Any:
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        for step in (5, -1, 2):
            mlflow.log_metric(
                "m", step / 2, step=step, timestamp=1_600_000_000_000 + step
            )
        mlflow.log_metric("same", 1.0, step=1, timestamp=1000)
        mlflow.log_metric("same", 3.0, step=1, timestamp=1000)
        mlflow.log_metric("same", 2.0, step=1, timestamp=1000)
        mlflow.log_metric("later", 3.0, step=1, timestamp=1000)
        mlflow.log_metric("later", 2.0, step=1, timestamp=2000)
        bad = [
            outcome(mlflow.log_metric, "b", 1.0, step="x"),
            outcome(mlflow.log_metric, "b", 1.0, timestamp=-5),
        ]
    history = client.get_metric_history(run.info.run_id, "m")
    return {
        "latest": mlflow.get_run(run.info.run_id).data.metrics,
        "history": [[p.key, p.value, p.timestamp, p.step] for p in history],
        "none": client.get_metric_history(run.info.run_id, "no such"),
        "bad": bad,
    }


def keys(mlflow: Any) -> Any:
    cases = ["a b", "a/b", "a:b", "é", "a.b-c_d", "a//b", "/a", "a/", "..", "", "a=b"]
    cases += ["x" * 250, "x" * 251]
    found = {}
    with mlflow.start_run() as run:
        for key in cases:
            found[key] = [
                outcome(mlflow.log_metric, key, 1.0),
                outcome(mlflow.log_param, key, 1),
                outcome(mlflow.set_tag, key, 1),
            ]
        none = [
            outcome(mlflow.log_metric, None, 1.0),
            outcome(mlflow.log_param, None, 1),
            outcome(mlflow.set_tag, None, 1),
        ]
    read = mlflow.get_run(run.info.run_id)
    logged = sorted(read.data.metrics), sorted(read.data.params), sorted(own_tags(read))
    return {"calls": found, "none": none, "logged": logged}


def tags(mlflow: Any) -> Any:
    with mlflow.start_run(tags={"a": 1, "b": None}, description="why") as run:
        mlflow.set_tag("a", "again")
        deleted = outcome(mlflow.delete_tag, "b")
        missing = outcome(mlflow.delete_tag, "nope")
    read = mlflow.get_run(run.info.run_id)
    return {
        "tags": own_tags(read),
        "note": read.data.tags["mlflow.note.content"],
        "deleted": [deleted, missing],
        "kinds": sorted(
            key
            for key in read.data.tags
            if key.startswith(SYSTEM) and ".git." not in key
        ),
        "user": read.data.tags["mlflow.user"] == read.info.user_id,
        "twice": outcome(
            mlflow.start_run, description="x", tags={"mlflow.note.content": "y"}
        ),
    }


def batches(mlflow: Any) -> Any:
    from importlib import import_module

    entities = import_module(f"{mlflow.__name__}.entities")
    client = mlflow.MlflowClient()
    run_id = client.create_run("0", run_name="b").info.run_id
    client.log_batch(
        run_id,
        metrics=[entities.Metric("m", 1.0, 10, 1), entities.Metric("m", 2.0, 20, 2)],
        params=[entities.Param("p", 5)],
        tags=[entities.RunTag("t", "x")],
    )
    before = client.get_run(run_id).info.status
    client.set_terminated(run_id, end_time=1_900_000_000_000)
    read = client.get_run(run_id)
    client.update_run(run_id, status="FAILED", name="c")
    changed = client.get_run(run_id)
    return {
        "status": [before, read.info.status, changed.info.status],
        "end": read.info.end_time,
        "names": [read.info.run_name, changed.info.run_name],
        "data": [read.data.metrics, read.data.params, own_tags(read)],
        "history": [p.step for p in client.get_metric_history(run_id, "m")],
        "unknown": outcome(client.log_metric, "a" * 32, "m", 1.0),
        "no experiment": outcome(client.create_run, "99"),
    }


def experiments(mlflow: Any) -> Any:
    found: dict[str, Any] = {"default": mlflow.get_experiment("0").name}
    made = mlflow.create_experiment("one", tags={"a": "1"})
    experiment = mlflow.get_experiment(made)
    found["made"] = [made, experiment.name, experiment.tags, experiment.lifecycle_stage]
    found["set"] = mlflow.set_experiment("one").experiment_id
    found["new"] = mlflow.set_experiment("two").experiment_id
    mlflow.set_experiment_tag("t", "1")
    mlflow.set_experiment_tags({"u": "2"})
    found["tags"] = mlflow.get_experiment_by_name("two").tags
    found["missing"] = [
        outcome(mlflow.get_experiment_by_name, "zz"),
        outcome(mlflow.get_experiment, "99"),
        outcome(mlflow.delete_experiment, "99"),
        outcome(mlflow.restore_experiment, "99"),
        outcome(mlflow.set_experiment, experiment_id="99"),
        outcome(mlflow.start_run, experiment_id="99"),
    ]
    found["names"] = [
        outcome(mlflow.create_experiment, name)
        for name in ("", None, 5, "one", "Default")
    ]
    mlflow.delete_experiment(made)
    found["deleted"] = [
        mlflow.get_experiment(made).lifecycle_stage,
        outcome(mlflow.set_experiment, "one"),
        outcome(mlflow.create_experiment, "one"),
        outcome(mlflow.start_run, experiment_id=made),
        outcome(mlflow.delete_experiment, made),
    ]
    mlflow.restore_experiment(made)
    found["restored"] = mlflow.get_experiment(made).lifecycle_stage
    client = mlflow.MlflowClient()
    client.rename_experiment(made, "renamed")
    by_name = mlflow.search_experiments(order_by=["name"])
    found["all"] = [each.name for each in by_name]
    like = mlflow.search_experiments(filter_string="name LIKE '%e%'", order_by=["name"])
    found["like"] = [each.name for each in like]
    found["wrong"] = [
        outcome(mlflow.set_experiment),
        outcome(mlflow.set_experiment, "a", experiment_id="0"),
        outcome(mlflow.start_run, experiment_id=1.5),
    ]
    return found


def deleting_runs(mlflow: Any) -> Any:
    with mlflow.start_run(run_name="a") as run:
        mlflow.log_metric("m", 1.0)
    run_id = run.info.run_id
    client = mlflow.MlflowClient()
    mlflow.delete_run(run_id)
    found: dict[str, Any] = {
        "stage": mlflow.get_run(run_id).info.lifecycle_stage,
        "search": len(mlflow.search_runs()),
        "calls": [
            outcome(mlflow.log_metric, "m", 1.0, run_id=run_id),
            outcome(client.log_param, run_id, "p", 1),
            outcome(client.set_tag, run_id, "t", 1),
            outcome(client.set_terminated, run_id),
            outcome(mlflow.start_run, run_id=run_id),
        ],
        "unknown": [
            outcome(mlflow.delete_run, "a" * 32),
            outcome(mlflow.get_run, "no"),
        ],
    }
    mlflow.restore_run(run_id)
    found["restored"] = mlflow.get_run(run_id).info.lifecycle_stage
    return found


def searching(mlflow: Any) -> Any:
    first = mlflow.set_experiment("one").experiment_id
    for number in range(4):
        with mlflow.start_run(run_name=f"r{number}", tags={"odd": number % 2}):
            mlflow.log_param("depth", number)
            if number:
                mlflow.log_metric("auc", number / 4)
    other = mlflow.set_experiment("two").experiment_id
    with mlflow.start_run(run_name="other"):
        mlflow.log_metric("f1", 1.0)

    def names(**keywords: Any) -> Any:
        found = mlflow.search_runs(output_format="list", **keywords)
        return [run.info.run_name for run in found]

    frame = mlflow.search_runs([first], order_by=["metrics.auc DESC"])
    columns = [c for c in frame.columns if not c.startswith("tags.mlflow.")]
    client = mlflow.MlflowClient()
    page = client.search_runs([first], max_results=3)
    rest = client.search_runs([first], max_results=3, page_token=page.token)
    return {
        "active": names(),
        "first": names(experiment_ids=[first]),
        "both": names(experiment_names=["one", "two"]),
        "all": names(search_all_experiments=True),
        "unknown": names(experiment_names=["nope"]),
        "filter": names(
            experiment_ids=[first],
            filter_string="metrics.auc >= 0.5 AND params.depth != '2'",
        ),
        "tag": names(experiment_ids=[first], filter_string="tags.odd = '1'"),
        "name": names(experiment_ids=[first], filter_string="run_name LIKE 'r%'"),
        "order": names(experiment_ids=[first], order_by=["metrics.auc"]),
        "limit": names(experiment_ids=[first], max_results=2),
        "columns": sorted(columns),
        "auc": [None if math.isnan(x) else x for x in frame["metrics.auc"]],
        "depth": list(frame["params.depth"]),
        "pages": [[r.info.run_name for r in p] for p in (page, rest)],
        "tokens": [page.token is not None, not rest.token],
        "errors": [
            outcome(mlflow.search_runs, [first], experiment_names=["one"]),
            outcome(mlflow.search_runs, [first], "metrics.auc >"),
            outcome(client.search_runs, [first], max_results=0),
        ],
        "other": other,
    }


def artifacts(mlflow: Any) -> Any:
    from pathlib import Path

    Path("out/deep").mkdir(parents=True)
    Path("out/a.txt").write_text("1")
    Path("out/deep/b.txt").write_text("22")
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        mlflow.log_text("é", "notes/t.txt")
        mlflow.log_dict({"a": [1, None]}, "d.json")
        mlflow.log_dict({"a": 1}, "d.yml")
        mlflow.log_artifact("out/a.txt")
        mlflow.log_artifact("out/a.txt", "in/here")
        mlflow.log_artifact("out")
        mlflow.log_artifacts("out", "copy")
        bad = [
            outcome(mlflow.log_artifact, "nofile"),
            outcome(mlflow.log_text, "x", "../a.txt"),
            outcome(mlflow.log_text, "x", "/a.txt"),
            outcome(mlflow.log_text, "x", ""),
        ]
        mlflow.log_text("x", "n/./o.txt")
    uri = f"runs:/{run.info.run_id}"

    def listed(path: str | None = None) -> Any:
        found = client.list_artifacts(run.info.run_id, path)
        return sorted([f.path, f.is_dir, f.file_size] for f in found)

    local = client.download_artifacts(run.info.run_id, "copy", "target")
    files = (p.relative_to(local).as_posix() for p in Path(local).rglob("*.txt"))
    return {
        "top": listed(),
        "copy": listed("copy"),
        "file": listed("notes/t.txt"),
        "none": listed("nothing"),
        "text": mlflow.artifacts.load_text(f"{uri}/notes/t.txt"),
        "dict": mlflow.artifacts.load_dict(f"{uri}/d.json"),
        "yaml": mlflow.artifacts.load_text(f"{uri}/d.yml"),
        "root": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a.txt"),
        "place": Path(local).relative_to(Path.cwd()).as_posix(),
        "files": sorted(files),
        "bad": bad,
        "missing": [
            outcome(mlflow.artifacts.load_text, f"{uri}/nope"),
            outcome(client.download_artifacts, run.info.run_id, "nope"),
            outcome(mlflow.artifacts.list_artifacts),
        ],
    }


def tables(mlflow: Any) -> Any:
    with mlflow.start_run() as run:
        mlflow.log_table({"a": [1, 2], "b": ["x", "y"]}, "t.json")
        mlflow.log_table({"a": [3], "b": ["z"]}, "t.json")
        bad = [
            outcome(mlflow.log_table, {"a": [1]}, "t.csv"),
            outcome(mlflow.log_table, 5, "t.json"),
        ]
    one = mlflow.load_table("t.json", [run.info.run_id])
    more = mlflow.load_table("t.json", extra_columns=["run_id"])
    return {
        "table": one.to_dict("list"),
        "columns": list(more.columns),
        "ids": [run_id == run.info.run_id for run_id in more["run_id"]],
        "tag": mlflow.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"],
        "text": mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/t.json"),
        "bad": bad,
        "missing": outcome(mlflow.load_table, "nope.json"),
    }


def images(mlflow: Any) -> Any:
    import numpy as np

    with mlflow.start_run() as run:
        mlflow.log_image(np.arange(6, dtype=np.uint8).reshape(2, 3), "a.png")
        mlflow.log_image(np.ones((2, 3, 3)), "b.png")
        mlflow.log_image(
            np.zeros((300, 600, 3), np.uint8), key="x/y", step=3, timestamp=7
        )
        bad = [
            outcome(mlflow.log_image, 5, "x.png"),
            outcome(mlflow.log_image, np.zeros((2, 2))),
            outcome(mlflow.log_image, np.full((2, 2), 300), "x.png"),
            outcome(mlflow.log_image, np.zeros((2, 2)), "x.png", step=1),
        ]
    uri = f"runs:/{run.info.run_id}"
    picture = mlflow.artifacts.load_image(f"{uri}/a.png")
    white = mlflow.artifacts.load_image(f"{uri}/b.png")
    return {
        "size": picture.size,
        "pixels": list(picture.tobytes()),
        "white": white.getpixel((0, 0)),
        "bad": bad,
    }


def inputs(mlflow: Any) -> Any:
    import numpy as np
    import pandas as pd

    df = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.5, None]})
    frame = mlflow.data.from_pandas(df, source="a.csv", name="train", targets="a")
    array = mlflow.data.from_numpy(np.zeros((3, 4)), source="s3://b/x", name="test")
    with mlflow.start_run() as run:
        mlflow.log_input(frame, context="training", tags={"fold": "1"})
        mlflow.log_inputs([array], contexts=[None], tags_list=[None])
        bad = outcome(mlflow.log_inputs, [frame], [None], [])
    used = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    return {
        "used": sorted(
            [
                each.dataset.name,
                each.dataset.digest,
                each.dataset.source_type,
                each.dataset.source,
                each.dataset.schema,
                each.dataset.profile,
                sorted([tag.key, tag.value] for tag in each.tags),
            ]
            for each in used
        ),
        "bad": bad,
        "column": outcome(mlflow.data.from_pandas, df, targets="z"),
    }


def no_run_open(mlflow: Any) -> Any:
    found = [mlflow.active_run(), mlflow.last_active_run()]
    mlflow.log_metric("m", 1.0)
    first = mlflow.active_run().info.run_id
    mlflow.set_tag("t", 1)
    same = mlflow.active_run().info.run_id == first
    mlflow.end_run()
    return [*found, same, mlflow.get_run(first).data.metrics]


SCRIPTS = [
    artifacts,
    batches,
    deleting_runs,
    experiments,
    images,
    inputs,
    keys,
    nesting,
    no_run_open,
    resuming,
    searching,
    statuses,
    steps_and_times,
    tables,
    tags,
    the_quickstart,
    values_of_metrics,
]
