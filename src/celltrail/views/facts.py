"""What a run's tags and context say, in words for people."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from celltrail.views.format import duration, size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.views.data import RunDetails

__all__ = ["environment", "git", "own_tags", "packages", "used"]

_DIGEST = 10
_NOTE = "mlflow.note.content"
_GIT = {
    "git.commit": "commit",
    "git.branch": "branch",
    "git.dirty": "uncommitted changes",
    "git.diff": "digest of the changes",
}
# Shown elsewhere, or different in every run.
_ELSEWHERE = frozenset(
    {
        "cell_id",
        "code",
        "cpu_seconds",
        "error",
        "execution_count",
        "packages",
        "peak_memory_mb",
        "pid",
        "session",
        *_GIT,
    }
)


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags a user has set, and the description.

    Examples
    --------
    >>> own_tags({"stage": "dev", "mlflow.user": "eva", "mlflow.note.content": "first"})
    {'stage': 'dev', 'description': 'first'}
    """
    shown = {key: value for key, value in tags.items() if not key.startswith("mlflow.")}
    return shown | ({"description": tags[_NOTE]} if _NOTE in tags else {})


def packages(text: str) -> dict[str, str]:
    r"""Return the versions in a list of packages.

    Examples
    --------
    >>> packages("numpy==2.3.0\npandas==3.1.0\n")
    {'numpy': '2.3.0', 'pandas': '3.1.0'}
    """
    pairs = (line.partition("==") for line in text.splitlines() if line.strip())
    return {name.strip(): version.strip() for name, _, version in pairs}


def environment(context: Mapping[str, str]) -> dict[str, str]:
    """Return where a run ran, and the digests of the modules it used."""
    return {
        key: value[:_DIGEST] if key.startswith("module.") else value
        for key, value in context.items()
        if key not in _ELSEWHERE
    }


def git(context: Mapping[str, str]) -> dict[str, str]:
    """Return the state of the repository a run was made in."""
    digests = {"git.commit", "git.diff"}
    return {
        name: context[key][:_DIGEST] if key in digests else context[key]
        for key, name in _GIT.items()
        if key in context
    }


def used(details: RunDetails) -> dict[str, str]:
    """Return what a run used and how it failed, as far as it is known."""
    context = details.run.data.context
    facts = {"experiment": details.experiment, "error": context.get("error", "")}
    if seconds := _float(context.get("cpu_seconds")):
        facts["processor time"] = duration(seconds)
    if megabytes := _float(context.get("peak_memory_mb")):
        facts["peak memory"] = size(megabytes * 1e6)
    return {name: text for name, text in facts.items() if text}


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None
