"""Reading the artifacts of runs: ``load_text("runs:/@last/notes.txt")``.

Everywhere a run is asked for, an id, a unique prefix of it, its name or ``@last`` will
do.
"""

from __future__ import annotations

import io
import json
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celltrail.errors import CelltrailError, InvalidValueError, MissingExtraError
from celltrail.tracking import files, handles
from celltrail.tracking.location import current_store

if TYPE_CHECKING:
    import PIL.Image

    from celltrail.entities import FileInfo
    from celltrail.store import Store

__all__ = [
    "download_artifacts",
    "list_artifacts",
    "load_dict",
    "load_image",
    "load_text",
]

_RUNS = "runs:/"


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """Return the files and folders directly below a place of a run.

    Parameters
    ----------
    artifact_uri
        As in ``"runs:/@last/plots"``; or else:
    run_id, artifact_path
        The run and the place in it.
    tracking_uri
        Another store than the one in use.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_text("seen", "notes/first.txt")
    >>> [file.path for file in list_artifacts(run_id=run.info.run_id)]
    ['notes']
    """
    _check_one_place(artifact_uri, run_id, artifact_path)
    store = current_store(tracking_uri)
    if artifact_uri is not None:
        run_id, artifact_path = _split(artifact_uri)
    return files.listing(store, _existing(store, str(run_id)), artifact_path)


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | Path | None = None,
    tracking_uri: str | None = None,
) -> str:
    """Copy a file or folder of a run, or of any URI, and return where the copy lies.

    Parameters
    ----------
    artifact_uri
        As in ``"runs:/@last/plots"``, a local path, or a URI that fsspec knows
        (``s3://bucket/file``); or else:
    run_id, artifact_path
        The run and the place in it; without a path, everything.
    dst_path
        The local folder to copy to; by default a new temporary one.
    tracking_uri
        Another store than the one in use.

    Raises
    ------
    NotFoundError
        When there is nothing at that place.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_text("seen", "notes/first.txt")
    >>> path = download_artifacts(run_id=run.info.run_id, artifact_path="notes")
    >>> from pathlib import Path
    >>> Path(path, "first.txt").read_text()
    'seen'
    """
    _check_one_place(artifact_uri, run_id, artifact_path)
    if artifact_uri is not None and not artifact_uri.startswith("runs:"):
        return _fetch(artifact_uri, dst_path)
    store = current_store(tracking_uri)
    if artifact_uri is not None:
        run_id, artifact_path = _split(artifact_uri)
    run_id = _existing(store, str(run_id))
    return files.download(store, run_id, artifact_path, dst_path)


def load_text(artifact_uri: str) -> str:
    """Return the content of a text artifact.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_text("seen", "notes.txt")
    >>> load_text(f"{run.info.artifact_uri}/notes.txt")
    'seen'
    """
    try:
        return _read(artifact_uri).decode()
    except UnicodeDecodeError:
        message = (
            f"Artifact {artifact_uri!r} is not valid UTF-8. Download it with "
            "celltrail.artifacts.download_artifacts and open it with its encoding."
        )
        raise CelltrailError(message, "BAD_REQUEST") from None


def load_dict(artifact_uri: str) -> Any:
    """Return the content of a JSON artifact.

    Examples
    --------
    >>> import celltrail
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_dict({"classes": 2}, "data.json")
    >>> load_dict(f"{run.info.artifact_uri}/data.json")
    {'classes': 2}
    """
    try:
        return json.loads(load_text(artifact_uri))
    except json.JSONDecodeError as error:
        message = f"Artifact {artifact_uri!r} is not JSON: {error}."
        raise CelltrailError(message, "BAD_REQUEST") from None


def load_image(artifact_uri: str) -> PIL.Image.Image:
    """Return an image artifact as a Pillow image.

    Examples
    --------
    >>> import celltrail
    >>> from PIL import Image
    >>> with celltrail.start_run() as run:
    ...     celltrail.log_image(Image.new("RGB", (4, 3)), "dot.png")
    >>> load_image(f"{run.info.artifact_uri}/dot.png").size
    (4, 3)
    """
    try:
        import PIL.Image
    except ImportError:
        package, what = "pillow", "Loading an image"
        raise MissingExtraError.for_package(package, what=what) from None
    try:
        image = PIL.Image.open(io.BytesIO(_read(artifact_uri)))
        image.load()
    except (PIL.UnidentifiedImageError, OSError) as error:
        message = f"Artifact {artifact_uri!r} is not an image: {error}."
        raise CelltrailError(message, "BAD_REQUEST") from None
    return image


def _read(artifact_uri: str) -> bytes:
    if artifact_uri.startswith("runs:"):
        store = current_store()
        run_id, path = _split(artifact_uri)
        return files.read_bytes(store, _existing(store, run_id), path)
    with tempfile.TemporaryDirectory() as folder:
        return Path(_fetch(artifact_uri, folder)).read_bytes()


def _split(artifact_uri: str) -> tuple[str, str]:
    """Return run and path of ``runs:/run/path``."""
    run, _, path = artifact_uri.removeprefix(_RUNS).lstrip("/").partition("/")
    if not artifact_uri.startswith(_RUNS) or not run:
        message = (
            f"Not a proper runs:/ URI: {artifact_uri}. Runs URIs must be of the form "
            "'runs:/<run_id>/run-relative/path/to/artifact'"
        )
        raise InvalidValueError(message)
    return run, path


def _existing(store: Store, reference: str) -> str:
    return handles.get_run(store, reference).info.run_id


def _fetch(uri: str, dst_path: str | Path | None) -> str:
    """Copy what lies at any other URI."""
    import fsspec

    source, path = fsspec.url_to_fs(uri)
    if "file" in source.protocol and dst_path is None:
        return str(path)
    target = dst_path if dst_path is not None else tempfile.mkdtemp(prefix="celltrail-")
    local = Path(target, posixpath.basename(path.rstrip("/")))
    local.parent.mkdir(parents=True, exist_ok=True)
    source.get(path, str(local), recursive=bool(source.isdir(path)))
    return str(local)


def _check_one_place(
    artifact_uri: str | None, run_id: str | None, artifact_path: str | None
) -> None:
    if (artifact_uri is None) == (run_id is None):
        message = "Exactly one of `run_id` or `artifact_uri` must be specified."
        raise InvalidValueError(message)
    if artifact_uri is not None and artifact_path is not None:
        message = "`artifact_path` cannot be specified if `artifact_uri` is specified."
        raise InvalidValueError(message)
