"""Giving files to runs, and getting them back."""

from __future__ import annotations

import json
import os
import posixpath
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celltrail.errors import MissingExtraError, NotFoundError, nearest
from celltrail.store import events
from celltrail.tracking.keys import check_artifact_path

if TYPE_CHECKING:
    from celltrail.entities import FileInfo
    from celltrail.store import Store
    from celltrail.store.query.queries import StoredFile
    from celltrail.tracking.active import LiveRun

__all__ = [
    "download",
    "entries",
    "listing",
    "read_bytes",
    "write_bytes",
    "write_dict",
    "write_file",
    "write_folder",
]

_CHUNK = 2**20


def write_bytes(run: LiveRun, data: bytes, path: str) -> None:
    """Give a run a file of that content."""
    path = check_artifact_path(path)
    _record(run, [(path, *run.store.artifacts.put_bytes(data))])


def write_dict(run: LiveRun, dictionary: Any, path: str) -> None:
    """Give a run a JSON file, or a YAML file when the path says so."""
    if posixpath.splitext(path)[1] in {".yml", ".yaml"}:
        try:
            import yaml
        except ImportError:
            package, what = "pyyaml", f"Logging {path!r} as YAML"
            raise MissingExtraError.for_package(package, what=what) from None
        text = yaml.dump(dictionary, indent=2, default_flow_style=False)
    else:
        text = json.dumps(dictionary, indent=2, default=str)
    write_bytes(run, text.encode(), path)


def write_file(run: LiveRun, local: str | Path, folder: str | None = None) -> None:
    """Give a run a local file, or a folder with all that is in it.

    Parameters
    ----------
    folder
        Where in the run it goes; None is the run's own folder.
    """
    source = Path(local)
    into = check_artifact_path(folder, may_be_root=True)
    path = check_artifact_path(posixpath.join(into, source.resolve().name))
    if source.is_dir():
        write_folder(run, source, path)
    else:
        _record(run, [(path, *run.store.artifacts.put_file(source))])


def write_folder(run: LiveRun, local: str | Path, folder: str | None = None) -> None:
    """Give a run everything below a local folder, under the same relative paths."""
    source = Path(local)
    into = check_artifact_path(folder, may_be_root=True)
    if not source.is_dir():
        message = f"Invalid folder to log: {str(local)!r} is not an existing folder."
        raise NotADirectoryError(message)
    found = []
    for root, _, names in os.walk(source):
        inside = Path(root).relative_to(source).as_posix()
        for name in names:
            path = posixpath.normpath(posixpath.join(into, inside, name))
            found.append((path, *run.store.artifacts.put_file(Path(root, name))))
    _record(run, found)


def entries(store: Store, run_id: str, path: str = "") -> list[StoredFile]:
    """Return the files of a run at or below a path, sorted."""
    from celltrail.store.query import queries

    below = f"{path}/"
    return [
        found
        for found in queries.artifact_files(store, run_id)
        if not path or found.path == path or found.path.startswith(below)
    ]


def listing(store: Store, run_id: str, path: str | None = None) -> list[FileInfo]:
    """Return files and folders that lie directly below a path of a run."""
    from celltrail.store.query import queries

    folder = check_artifact_path(path, may_be_root=True)
    return queries.list_artifacts(store, run_id, folder or None)


def download(
    store: Store, run_id: str, path: str | None = None, to: str | Path | None = None
) -> str:
    """Copy a file or folder of a run to a local folder; return where it lies.

    Parameters
    ----------
    path
        None, or an empty text, is everything.
    to
        The folder, made when missing; None is a new temporary one.

    Raises
    ------
    NotFoundError
        When the run has nothing there.
    """
    wanted = check_artifact_path(path, may_be_root=True)
    found = entries(store, run_id, wanted)
    if wanted and not found:
        raise _missing(store, run_id, wanted)
    target = Path(to if to is not None else tempfile.mkdtemp(prefix="celltrail-"))
    target = target.absolute()
    target.mkdir(parents=True, exist_ok=True)
    for entry in found:
        # What comes from a store is checked too: it may have been made by others.
        local = target / check_artifact_path(entry.path)
        local.parent.mkdir(parents=True, exist_ok=True)
        with store.artifacts.open(entry.digest) as source, local.open("wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
    return str(target / wanted) if wanted else str(target)


def read_bytes(store: Store, run_id: str, path: str) -> bytes:
    """Return the content of a run's file."""
    wanted = check_artifact_path(path)
    for entry in entries(store, run_id, wanted):
        if entry.path == wanted:
            with store.artifacts.open(entry.digest) as source:
                return source.read()
    raise _missing(store, run_id, wanted)


def _record(run: LiveRun, found: list[tuple[str, str, int]]) -> None:
    run.logged = True
    lines = [
        events.artifact(run.run_id, path, digest, size) for path, digest, size in found
    ]
    if lines:
        run.store.journal.append(b"".join(lines))


def _missing(store: Store, run_id: str, path: str) -> NotFoundError:
    paths = [entry.path for entry in entries(store, run_id)]
    message = (
        f"Run {run_id} has no artifact at path {path!r}.{nearest(path, paths)} "
        f"celltrail.artifacts.list_artifacts(run_id={run_id!r}) shows what it has."
    )
    return NotFoundError(message)
