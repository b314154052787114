"""Where a store lies: found by walking up, like git, or named by a URI."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from celltrail.errors import InvalidValueError

__all__ = ["DATABASE", "FOLDER", "find_store", "store_path"]

FOLDER = ".celltrail"
DATABASE = "trail.duckdb"


def find_store(start: Path) -> Path | None:
    """Return the nearest ``.celltrail`` folder at or above `start`, or None.

    The walk stops at the root of a git repository and at the home folder.
    """
    for folder in (start, *start.parents):
        candidate = folder / FOLDER
        if candidate.is_dir():
            return candidate
        if (folder / ".git").exists() or folder == Path.home():
            return None
    return None


def store_path(uri: str | Path | None = None) -> Path:
    """Return the store folder a URI or path names; it need not exist yet.

    Parameters
    ----------
    uri
        None finds the store from the working directory, or names a new one there. A
        path, or ``file:`` URI, is a store's folder or the folder that holds one. For
        ``sqlite:///x.db``, MLflow's habit, it is the store in the database's folder.

    Raises
    ------
    InvalidValueError
        For a scheme that names no local store (``http:``, ``databricks`` …), and for
        a path that DuckDB cannot open.

    Examples
    --------
    >>> store_path("sqlite:////data/mlflow.db").as_posix()
    '/data/.celltrail'
    """
    path = _named(uri)
    if "?" in str(path):
        message = (
            f"The store {str(path)!r} cannot be opened: DuckDB takes no path with '?'. "
            "Rename the folder, or name another with celltrail.set_tracking_uri(path)."
        )
        raise InvalidValueError(message)
    return path


def _named(uri: str | Path | None) -> Path:
    if uri is None:
        here = Path.cwd()
        return find_store(here) or here / FOLDER
    if isinstance(uri, str) and uri.startswith("sqlite:"):
        database = re.sub(r"^sqlite:(///|//|)", "", uri).partition("?")[0]
        return _absolute(Path(database).parent) / FOLDER
    folder = _absolute(_local_path(uri))
    if folder.name == FOLDER or (folder / DATABASE).exists():
        return folder
    return folder / FOLDER


def _local_path(uri: str | Path) -> Path:
    if isinstance(uri, Path):
        return uri
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", uri)
    if scheme is None and uri not in ("databricks", "uc"):
        return Path(uri)
    if scheme is not None and scheme[1].lower() == "file":
        parsed = urlparse(uri)
        return Path(unquote(parsed.path or uri[len("file:") :]))
    message = (
        f"The tracking URI {uri!r} does not name a local store. Allowed are a folder, "
        "'file:/folder' and 'sqlite:///folder/name.db' (the store lies beside it)."
    )
    raise InvalidValueError(message)


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
