"""Settings: argument > environment > ``[tool.celltrail]`` in pyproject.toml > default.

MLflow's variables are honoured behind our own.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from celltrail.errors import InvalidValueError, nearest

__all__ = ["Settings", "load_settings"]

_ENVIRONMENT = {
    "store": ("CELLTRAIL_STORE", "MLFLOW_TRACKING_URI"),
    "experiment_name": ("CELLTRAIL_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_NAME"),
    "experiment_id": ("CELLTRAIL_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_ID"),
    "run_id": ("CELLTRAIL_RUN_ID", "MLFLOW_RUN_ID"),
    "quiet": ("CELLTRAIL_QUIET",),
}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True)
class Settings:
    """The settings in force; None where nobody has set one.

    Parameters
    ----------
    store
        Path or URI of the store; in pyproject.toml relative to that file.
    experiment_name, experiment_id
        The experiment of new runs.
    run_id
        The run that the next ``start_run`` resumes; from the environment only.
    quiet
        Whether tracked cells end without a run card.
    """

    store: str | None = None
    experiment_name: str | None = None
    experiment_id: str | None = None
    run_id: str | None = None
    quiet: bool = False


def load_settings(start: Path | None = None, **arguments: Any) -> Settings:
    """Return the settings that hold in a folder.

    Parameters
    ----------
    start
        Where the search for pyproject.toml begins; None is the working directory.
    arguments
        Settings that go before all others; None means not given.

    Raises
    ------
    InvalidValueError
        For a setting that does not exist or has a wrong type.

    Examples
    --------
    >>> load_settings(experiment_name="bankchurn").experiment_name
    'bankchurn'
    """
    found = {
        **_from_project(start or Path.cwd()),
        **_from_environment(),
        **{key: value for key, value in arguments.items() if value is not None},
    }
    return Settings(**found)


def _from_environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting, variables in _ENVIRONMENT.items():
        for variable in variables:
            value = os.environ.get(variable)
            if value:
                found[setting] = (
                    _to_bool(variable, value) if setting == "quiet" else value
                )
                break
    return found


def _to_bool(variable: str, value: str) -> bool:
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        message = f"{variable} is {value!r}; allowed are 1/0, true/false, yes/no."
        raise InvalidValueError(message)
    return word in _TRUE


def _from_project(start: Path) -> dict[str, Any]:
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return dict(_read(file, file.stat().st_mtime_ns))
    return {}


@lru_cache(maxsize=16)
def _read(file: Path, _modified: int) -> dict[str, Any]:
    """Return the ``[tool.celltrail]`` table of a file, checked."""
    try:
        table = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("celltrail")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}  # others will complain about a broken file; we are not its owner
    if table is None:
        return {}
    kinds = {f.name: bool if f.name == "quiet" else str for f in fields(Settings)}
    del kinds["run_id"]
    for key, value in table.items():
        if key not in kinds:
            message = (
                f"[tool.celltrail] in {str(file)!r} has the unknown setting {key!r}."
                f"{nearest(key, kinds)} Allowed are: {', '.join(kinds)}."
            )
            raise InvalidValueError(message)
        if not isinstance(value, kinds[key]):
            message = (
                f"[tool.celltrail] {key} in {str(file)!r} is {value!r}; it has to be "
                f"a {kinds[key].__name__}."
            )
            raise InvalidValueError(message)
    if "store" in table and ":" not in table["store"]:
        table["store"] = str(file.parent / table["store"])
    return dict(table)
