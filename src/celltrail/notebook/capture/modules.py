"""Digests of the imported modules that belong to the project of the notebook.

A cell's own text misses an edit to ``train.py``; its digest shows it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LocalModules", "ModuleFile"]

_BIGGEST = 2_000_000
_PACKAGES = {"dist-packages", "site-packages"}


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A module's source file and the SHA-256 of its content."""

    path: Path
    digest: str


class LocalModules:
    """The modules below a folder, each file read once per change.

    Parameters
    ----------
    root
        The git root, or the folder of the notebook.
    """

    def __init__(self, root: Path) -> None:
        # A path may be spelled through a link; resolving all of them takes 50 ms.
        self._roots = tuple({f"{root.absolute()}{os.sep}", f"{root.resolve()}{os.sep}"})
        self._installed = _installed()
        self._seen: set[str] = set()
        self._local: dict[str, Path] = {}
        self._digests: dict[Path, tuple[tuple[int, int], str]] = {}

    def digests(self) -> dict[str, ModuleFile]:
        """Return the local modules that are imported now, by name."""
        for name in sys.modules.keys() - self._seen:
            path = self._local_file(name)
            if path is not None:
                self._local[name] = path
            self._seen.add(name)
        found = {}
        for name, path in self._local.items():
            digest = self._digest(path) if name in sys.modules else None
            if digest is not None:
                found[name] = ModuleFile(path, digest)
        return dict(sorted(found.items()))

    def _local_file(self, name: str) -> Path | None:
        if name == "__main__" or name.partition(".")[0] == "celltrail":
            return None
        file = _file(sys.modules.get(name))
        if file is None or not file.endswith(".py"):
            return None
        if not file.startswith(self._roots) or file.startswith(self._installed):
            return None
        path = Path(file)
        return None if _PACKAGES.intersection(path.parts) else path

    def _digest(self, path: Path) -> str | None:
        try:
            status = path.stat()
            key = (status.st_mtime_ns, status.st_size)
            known = self._digests.get(path)
            if known is not None and known[0] == key:
                return known[1]
            if status.st_size > _BIGGEST:
                return None
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            return None
        self._digests[path] = (key, digest)
        return digest


def _file(module: object) -> str | None:
    """Return ``__file__`` without waking a lazy module."""
    try:
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return None
    return file if isinstance(file, str) else None


def _installed() -> tuple[str, ...]:
    """Return the folders of installed packages and of Python itself."""
    names = ("purelib", "platlib", "stdlib", "platstdlib")
    return tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in names})
