"""Tables as files: JSON or Parquet, growing with each call."""

from __future__ import annotations

import io
import json
import posixpath
import uuid
from typing import TYPE_CHECKING, Any

from celltrail.errors import InvalidTypeError, InvalidValueError, NotFoundError
from celltrail.tracking import files, handles, images, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from celltrail.entities import Run
    from celltrail.store import Store
    from celltrail.tracking.active import LiveRun

__all__ = ["load", "write_table"]

LOGGED = "mlflow.loggedArtifacts"
_FORBIDDEN = "\"',:[]{}"
_MANY = 50_000
_FORMATS = (".json", ".parquet")


def write_table(run: LiveRun, data: Any, path: str) -> None:
    """Give a run a table, or add rows to the one it has at that path.

    Parameters
    ----------
    data
        A DataFrame, or a dictionary of columns or of one row's values.
    """
    import pandas as pd

    _check_path(path)
    if isinstance(data, dict):
        data = _from_dict(data)
    if not isinstance(data, pd.DataFrame):
        message = (
            "data must be a pandas.DataFrame or a dictionary, not "
            f"{type(data).__name__}."
        )
        raise InvalidTypeError(message)
    table = _with_images_as_files(run, data, path)
    if any(entry.path == path for entry in files.entries(run.store, run.run_id, path)):
        old = _parse(files.read_bytes(run.store, run.run_id, path), path)
        table = pd.concat([old, table], ignore_index=True)
    files.write_bytes(run, _format(table, path), path)
    _note(run, path)


def load(
    store: Store,
    experiment_id: str,
    path: str,
    run_ids: Sequence[str] | None = None,
    extra_columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the tables that several runs have at a path as one.

    Parameters
    ----------
    experiment_id
        The experiment whose runs are looked at when none are named.
    run_ids
        The runs; those without the table are passed over.
    extra_columns
        Facts of the run to add as columns: ``run_id``, ``params.depth`` …

    Raises
    ------
    NotFoundError
        When none of the runs has the table.
    """
    import pandas as pd

    _check_path(path)
    tables = []
    found = _runs(store, experiment_id, run_ids)
    for run in found:
        run_id = run.info.run_id
        if not any(e.path == path for e in files.entries(store, run_id, path)):
            continue
        table = _parse(files.read_bytes(store, run_id, path), path)
        for column in extra_columns or ():
            name = f"{column}_" if column in table else column
            table[name] = _fact(run, column)
        tables.append(table)
    if not tables:
        message = f"None of the {len(found)} runs has a table at {path!r}."
        raise NotFoundError(message)
    return pd.concat(tables, ignore_index=True)


def _runs(store: Store, experiment_id: str, run_ids: Sequence[str] | None) -> list[Run]:
    if run_ids:
        return [handles.get_run(store, run_id) for run_id in run_ids]
    from celltrail.store.query import search

    return search.search_runs(store, [experiment_id], max_results=_MANY)


def _from_dict(data: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.DataFrame(data)
    except ValueError:  # scalars only: the values of one row
        return pd.DataFrame([data])


def _with_images_as_files(run: LiveRun, data: pd.DataFrame, path: str) -> pd.DataFrame:
    """Return the table with the images in it written as files of their own."""
    table = data.copy(deep=False)
    for column in table.columns:
        if table[column].dtype != object:
            continue
        is_image = [_is_image(value) for value in table[column]]
        if any(is_image) and not all(is_image):
            message = (
                f"Column {column!r} contains a mix of images and non-images. All "
                "elements of a column have to be of the same type."
            )
            raise InvalidValueError(message)
        if any(is_image):
            written: Any = [_write_image(run, value, path) for value in table[column]]
            table[column] = written
    return table


def _is_image(value: object) -> bool:
    return all(hasattr(value, name) for name in ("save", "resize", "size"))


def _write_image(run: LiveRun, image: Any, path: str) -> dict[str, str]:
    folder = posixpath.join("table_images", posixpath.splitext(path)[0])
    stem = posixpath.join(folder, str(uuid.uuid4()))
    picture = images.to_pillow(image)
    images.write_picture(run, picture, f"{stem}.png")
    images.write_picture(run, images.thumbnail(picture), f"{stem}.webp")
    return {
        "type": "image",
        "filepath": f"{stem}.png",
        "compressed_filepath": f"{stem}.webp",
    }


def _format(table: pd.DataFrame, path: str) -> bytes:
    if path.endswith(".parquet"):
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    text = table.to_json(orient="split", index=False, date_format="iso")
    return text.encode()


def _parse(content: bytes, path: str) -> pd.DataFrame:
    import pandas as pd

    buffer = io.BytesIO(content)
    if path.endswith(".parquet"):
        return pd.read_parquet(buffer)
    return pd.read_json(buffer, orient="split")


def _note(run: LiveRun, path: str) -> None:
    """Say in MLflow's tag that the run has a table there."""
    tags = handles.get_run(run.store, run.run_id).data.tags
    noted = json.loads(tags.get(LOGGED, "[]"))
    entry = {"path": path, "type": "table"}
    if entry not in noted:
        record.tags(run, {LOGGED: json.dumps([*noted, entry])})


def _fact(run: Run, column: str) -> Any:
    kind, _, key = column.partition(".")
    if kind in {"params", "metrics", "tags"} and key:
        return getattr(run.data, kind).get(key)
    if hasattr(run.info, column):
        return getattr(run.info, column)
    message = (
        f"Unknown extra column {column!r}. Allowed are the attributes of run.info "
        "(run_id, run_name, status …) and params.x, metrics.x, tags.x."
    )
    raise InvalidValueError(message)


def _check_path(path: str) -> None:
    for character in _FORBIDDEN:
        if character in path:
            message = (
                f"The artifact_file {path!r} contains forbidden character: {character}"
            )
            raise InvalidValueError(message)
    if not path.endswith(_FORMATS):
        message = (
            f"Invalid artifact file path {path!r}. Please ensure the file you are "
            "trying to log as a table has a file name with either '.json' or "
            "'.parquet' extension."
        )
        raise InvalidValueError(message)
