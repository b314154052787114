"""Logging files, texts, figures, images, tables and datasets to the active run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrail.entities import Dataset as DatasetRecord
from celltrail.entities import DatasetInput, InputTag
from celltrail.errors import InvalidTypeError, InvalidValueError
from celltrail.tracking import experiment_core as experiments
from celltrail.tracking import figures, files, images, record, tables
from celltrail.tracking.keys import check_artifact_path
from celltrail.tracking.location import current_store
from celltrail.tracking.logs import target
from celltrail.tracking.runs import get_or_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from celltrail.data.dataset import Dataset

__all__ = [
    "dataset_input",
    "get_artifact_uri",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_stream",
    "log_table",
    "log_text",
]

_CONTEXT = "mlflow.data.context"


def log_artifact(
    local_path: str | Path, artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log a local file, or a folder with all that is in it.

    Parameters
    ----------
    local_path
        The file or folder.
    artifact_path
        The folder of the run it goes to.
    run_id
        Another run than the active one.

    Examples
    --------
    >>> import celltrail
    >>> from pathlib import Path
    >>> _ = Path("features.txt").write_text("age, balance")
    >>> with celltrail.start_run():
    ...     celltrail.log_artifact("features.txt", "inputs")
    """
    files.write_file(target(run_id), local_path, artifact_path)


def log_artifacts(
    local_dir: str | Path, artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log everything below a local folder.

    Parameters
    ----------
    local_dir
        The folder; the run gets what is in it, not the folder itself.
    artifact_path, run_id
        As for `log_artifact`.

    Examples
    --------
    >>> import celltrail
    >>> from pathlib import Path
    >>> Path("plots").mkdir()
    >>> _ = Path("plots", "roc.txt").write_text("…", "utf-8")
    >>> with celltrail.start_run():
    ...     celltrail.log_artifacts("plots", "plots")
    """
    files.write_folder(target(run_id), local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Log a text as a file.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_text("It overfits.", "notes/second.txt")
    """
    files.write_bytes(target(run_id), text.encode(), artifact_file)


def log_dict(dictionary: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a dictionary as JSON, or as YAML when the file is called so.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_dict({"classes": ["no", "yes"]}, "labels.json")
    """
    files.write_dict(target(run_id), dictionary, artifact_file)


def log_stream(stream: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log what can be read from a binary file object.

    Examples
    --------
    >>> import celltrail, io
    >>> with celltrail.start_run():
    ...     celltrail.log_stream(io.BytesIO(b"content"), "file.bin")
    """
    files.write_bytes(target(run_id), stream.read(), artifact_file)


def log_figure(
    figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None
) -> None:
    """Log a matplotlib or plotly figure.

    Parameters
    ----------
    figure
        The figure.
    artifact_file
        Its extension says the format; ``.html`` for an interactive plotly figure.
    save_kwargs
        Goes to ``savefig``, ``to_html`` or ``to_image``.

    Examples
    --------
    >>> import celltrail
    >>> import plotly.graph_objects as go
    >>> with celltrail.start_run():
    ...     celltrail.log_figure(go.Figure(go.Scatter(y=[1, 3, 2])), "curve.html")
    """
    figures.write_figure(get_or_start(), figure, artifact_file, save_kwargs)


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = None,  # noqa: ARG001, FBT001 (MLflow's signature)
) -> None:
    """Log an image: as a file, or as one step of a series.

    Parameters
    ----------
    image
        A NumPy array (integers 0…255, floats 0…1), a Pillow image, or an `Image`.
    artifact_file
        The file; or else:
    key, step, timestamp
        The series, and the place in it.
    synchronous
        Accepted for MLflow's sake.

    Examples
    --------
    >>> import celltrail
    >>> import numpy as np
    >>> with celltrail.start_run():
    ...     celltrail.log_image(np.zeros((8, 8)), "black.png")
    """
    run = get_or_start()
    images.write_image(
        run, image, artifact_file, key=key, step=step, timestamp=timestamp
    )


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a table, or add rows to the one that is there.

    Parameters
    ----------
    data
        A DataFrame, or a dictionary of columns.
    artifact_file
        Ends in ``.json`` or ``.parquet``.
    run_id
        Another run than the active one.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.log_table({"text": ["good"], "score": [0.9]}, "answers.json")
    """
    tables.write_table(target(run_id), data, artifact_file)


def load_table(
    artifact_file: str,
    run_ids: Sequence[str] | None = None,
    extra_columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the tables of several runs as one.

    Parameters
    ----------
    artifact_file
        Where the runs have the table.
    run_ids
        The runs; by default all of the active experiment.
    extra_columns
        Facts of the run to add as columns: ``run_id``, ``params.depth`` …

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_table({"score": [0.9, 0.4]}, "answers.json")
    >>> celltrail.load_table("answers.json", [run.info.run_id])["score"].tolist()
    [0.9, 0.4]
    """
    store = current_store()
    experiment_id = experiments.active_experiment_id(store)
    return tables.load(store, experiment_id, artifact_file, run_ids, extra_columns)


def log_input(
    dataset: Dataset | None = None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    model: object | None = None,  # noqa: ARG001 (MLflow's signature)
) -> None:
    """Log a dataset that the run used.

    Parameters
    ----------
    dataset
        From `celltrail.data.from_pandas` or `celltrail.data.from_numpy`.
    context
        What for: "training", "testing" …
    tags
        Tags of this use.
    model
        Accepted for MLflow's sake.

    Examples
    --------
    >>> import celltrail
    >>> import pandas as pd
    >>> data = celltrail.data.from_pandas(pd.DataFrame({"age": [31, 54]}), name="churn")
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_input(data, context="training")
    >>> celltrail.get_run(run.info.run_id).inputs.dataset_inputs[0].dataset.name
    'churn'
    """
    run = get_or_start()
    used = dataset_input(dataset, context, tags) if dataset is not None else None
    record.inputs(run, [used] if used is not None else [])


def log_inputs(
    datasets: Sequence[Dataset | None] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: object | None = None,  # noqa: ARG001 (MLflow's signature)
) -> None:
    """Log several datasets that the run used.

    Parameters
    ----------
    datasets, contexts, tags_list
        Of the same length, as for `log_input`; None where there is none.
    models
        Accepted for MLflow's sake.

    Examples
    --------
    >>> import celltrail
    >>> import numpy as np
    >>> data = celltrail.data.from_numpy(np.zeros((3, 4)))
    >>> with celltrail.start_run():
    ...     celltrail.log_inputs([data], contexts=["training"], tags_list=[None])
    """
    given = (datasets or [], contexts or [], tags_list or [])
    lengths = [len(values) for values in given]
    if len(set(lengths)) != 1:
        message = (
            "`log_inputs` requires `datasets`, `contexts`, `tags_list` to be of the "
            f"same length; got {lengths}."
        )
        raise InvalidValueError(message)
    used = [dataset_input(*each) for each in zip(*given, strict=True)]
    record.inputs(get_or_start(), [each for each in used if each is not None])


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Return the URI of the active run's artifacts, or of one of them.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run():
    ...     celltrail.get_artifact_uri("plots/roc.png")  # doctest: +ELLIPSIS
    'runs:/.../plots/roc.png'
    """
    root = f"runs:/{get_or_start().run_id}"
    path = check_artifact_path(artifact_path, may_be_root=True)
    return f"{root}/{path}" if path else root


def dataset_input(
    dataset: Dataset | DatasetRecord | None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> DatasetInput | None:
    """Return the record of a dataset's use; None when there is no dataset."""
    if dataset is None:
        if context or tags:
            message = "`dataset` must be given when `context` or `tags` is."
            raise InvalidValueError(message)
        return None
    uses = [InputTag(key, str(value)) for key, value in (tags or {}).items()]
    if context:
        uses.append(InputTag(_CONTEXT, context))
    if isinstance(dataset, DatasetRecord):
        return DatasetInput(dataset, uses)
    if not hasattr(dataset, "to_entity"):
        message = (
            f"Not a dataset: {type(dataset).__name__}. Describe the data first: "
            "celltrail.data.from_pandas(df) or celltrail.data.from_numpy(array)."
        )
        raise InvalidTypeError(message)
    return DatasetInput(dataset.to_entity(), uses)
