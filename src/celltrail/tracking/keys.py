"""What may be the key of a param, metric or tag, and the path of an artifact."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from celltrail.errors import InvalidTypeError, InvalidValueError

__all__ = ["MAX_KEY", "check_artifact_path", "check_key", "check_status"]

MAX_KEY = 250
_FORBIDDEN = re.compile(r"[^/\w.\- :]")
_STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")


def check_key(key: object, what: str) -> str:
    """Return `key` when MLflow takes it too as the key of a `what`.

    Raises
    ------
    InvalidValueError
        Naming the character, or the path, that is not allowed.

    Examples
    --------
    >>> check_key("val/auc", "metric")
    'val/auc'
    """
    if not isinstance(key, str):
        message = f"A {what} key has to be a text, not {key!r} ({type(key).__name__})."
        raise InvalidTypeError(message)
    return _checked(key, what)


@lru_cache(maxsize=4096)
def _checked(key: str, what: str) -> str:
    bad = _FORBIDDEN.search(key)
    if bad:
        message = (
            f"The {what} key {key!r} contains {bad.group()!r}. Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
            "colons (:) and slashes (/)."
        )
        raise InvalidValueError(message)
    if len(key) > MAX_KEY:
        message = (
            f"The {what} key {key[:40]!r}… has {len(key)} characters; "
            f"the maximum length is {MAX_KEY}."
        )
        raise InvalidValueError(message)
    resolved = posixpath.normpath(key)
    if not key or resolved != key or resolved.startswith(("..", "/")) or key == ".":
        message = (
            f"The {what} key {key!r} is not unique as a path: it would resolve to "
            f"{resolved!r}. Use a name without empty, '.' or '..' parts."
        )
        raise InvalidValueError(message)
    return key


def check_artifact_path(path: object, *, may_be_root: bool = False) -> str:
    """Return an artifact path in its normal form, relative and inside the run.

    Parameters
    ----------
    path
        With forward slashes.
    may_be_root
        Whether the run's own folder (an empty path) is meant at times.

    Raises
    ------
    InvalidValueError
        For ``..``, an absolute path, a drive letter, a backslash, a NUL.

    Examples
    --------
    >>> check_artifact_path("plots/./roc.png")
    'plots/roc.png'
    """
    text = str(path) if path is not None else ""
    resolved = posixpath.normpath(text) if text else "."
    reason = ""
    if "\0" in text:
        reason = "it contains a NUL character"
    elif "\\" in text:
        reason = "it contains a backslash; use forward slashes"
    elif text.startswith(("/", "~")):
        reason = "it is absolute"
    elif re.match(r"[A-Za-z]:", text):
        reason = "it starts with a drive letter"
    elif ".." in text.split("/"):
        reason = "it contains '..'"
    elif resolved == "." and not may_be_root:
        reason = "it is empty"
    if reason:
        message = (
            f"Invalid artifact path: {text!r}: {reason}. Artifact paths are relative "
            "to the run, like 'plots/roc.png'."
        )
        raise InvalidValueError(message)
    return "" if resolved == "." else resolved


def check_status(status: object) -> str:
    """Return the name of a run's status.

    Raises
    ------
    InvalidValueError
        When there is no such status.
    """
    name = getattr(status, "name", status)
    if name not in _STATUSES:
        message = (
            f"Could not get run status corresponding to string {name}. "
            f"Valid run status strings: {list(_STATUSES)}"
        )
        raise InvalidValueError(message)
    return str(name)
