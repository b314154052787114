"""Plain facts about where the code runs: who, which program."""

from __future__ import annotations

import getpass
import os
import sys
from functools import cache

__all__ = ["source_tags", "user_name"]


@cache
def user_name() -> str:
    """Return the name of the user, or "unknown"."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "unknown"


def source_tags() -> dict[str, str]:
    """Return MLflow's tags for the user and the program that runs.

    Examples
    --------
    >>> sorted(source_tags())
    ['mlflow.source.name', 'mlflow.source.type', 'mlflow.user']
    """
    in_notebook = "ipykernel" in sys.modules and "IPython" in sys.modules
    program = sys.argv[0] if sys.argv and sys.argv[0] else "<console>"
    if in_notebook:
        # Jupyter server names the notebook in its kernels' environment.
        program = os.environ.get("JPY_SESSION_NAME") or program
    return {
        "mlflow.user": user_name(),
        "mlflow.source.name": program,
        "mlflow.source.type": "NOTEBOOK" if in_notebook else "LOCAL",
    }
