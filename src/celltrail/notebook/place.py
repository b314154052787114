"""Where a notebook is: its path, as far as the front end tells, and its file system."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_ephemeral", "notebook_name", "notebook_path"]

_PAPERMILL = ("PAPERMILL_OUTPUT_PATH", "PAPERMILL_INPUT_PATH")
_COLAB_KEEPS = Path("/content/drive")


def notebook_path(namespace: Mapping[str, Any]) -> Path | None:
    """Return the path of the notebook the kernel belongs to, if anybody says it.

    VS Code puts it into the namespace, Jupyter's server into the environment, papermill
    into the namespace when run with ``--inject-paths``.
    """
    told = (
        namespace.get("__vsc_ipynb_file__"),
        os.environ.get("JPY_SESSION_NAME"),
        *(namespace.get(name) for name in _PAPERMILL),
    )
    for text in told:
        if isinstance(text, str) and text.endswith(".ipynb") and "://" not in text:
            return Path(text).absolute()
    return None


def notebook_name(path: Path | None, folder: Path) -> str | None:
    """Return a notebook's path as it is stored: relative to `folder` if it is below.

    Examples
    --------
    >>> notebook_name(Path("/lab/nb/a.ipynb"), Path("/lab"))
    'nb/a.ipynb'
    """
    if path is None:
        return None
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.as_posix()


def is_ephemeral(folder: Path) -> bool:
    """Return whether a folder vanishes with the machine, as on Colab."""
    on_colab = "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ
    return on_colab and not folder.is_relative_to(_COLAB_KEEPS)
