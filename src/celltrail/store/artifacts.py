"""Content-addressed files: each distinct content once, under its SHA-256.

Through fsspec, so that the same code serves a folder and an object store. A file is
written under a temporary name and then moved, so what lies under a digest is whole.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import fsspec

from celltrail.errors import NotFoundError
from celltrail.store.disk import explained
from celltrail.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ArtifactFiles", "Content"]

_CHUNK = 2**20
_TEMPORARY = "tmp-"


@dataclass(frozen=True)
class Content:
    """One file below the root: its digest (or temporary name), size, time of writing.

    Attributes
    ----------
    written
        In seconds since 1970.
    """

    name: str
    size: int
    written: float


class ArtifactFiles:
    """The artifact files below one folder or object-store prefix.

    Parameters
    ----------
    url
        A folder, or any URL that fsspec knows (``s3://bucket/prefix``).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._files, self._root = fsspec.url_to_fs(url)

    def put_bytes(self, data: bytes) -> tuple[str, int]:
        """Keep `data`; return its digest and size in bytes."""
        return self.put(io.BytesIO(data))

    def put_file(self, path: Path | str) -> tuple[str, int]:
        """Keep the content of a file; return its digest and size in bytes."""
        with Path(path).open("rb") as source:
            return self.put(source)

    def open(self, digest: str) -> IO[bytes]:
        """Return the content as a binary file to read.

        Raises
        ------
        NotFoundError
            When no content of that digest is here.
        """
        try:
            return self._files.open(self._place(digest), "rb")  # type: ignore[no-any-return]
        except FileNotFoundError:
            message = (
                f"The content {digest} is missing below {self.url!r}. "
                "Run: celltrail doctor"
            )
            raise NotFoundError(message) from None

    def path(self, digest: str) -> Path | None:
        """Return the local file of that content, or None on an object store."""
        local = "file" in self._files.protocol
        return Path(self._place(digest)) if local else None

    def exists(self, digest: str) -> bool:
        """Return whether the content is here."""
        return bool(self._files.exists(self._place(digest)))

    def contents(self) -> Iterator[Content]:
        """Yield everything kept here."""
        for name, facts in self._found():
            folder, leaf = name.rsplit("/", 2)[-2:]
            if len(folder) == 2 and len(leaf) == 62:  # noqa: PLR2004 (hex of SHA-256)
                yield Content(folder + leaf, int(facts["size"]), self._written(name))

    def leftovers(self) -> Iterator[Content]:
        """Yield the temporary files of writes that are under way, or broke off."""
        for name, facts in self._found():
            leaf = name.rsplit("/", 1)[-1]
            if leaf.startswith(_TEMPORARY):
                yield Content(leaf, int(facts["size"]), self._written(name))

    def discard(self, name: str, before: float) -> bool:
        """Remove a content or leftover written before a time; return whether it went.

        Writers may put the same content at this very moment, and rely on it. So it is
        moved aside first and judged then: a writer either renewed it before, which its
        time shows, or finds it gone and puts its own copy.
        """
        is_leftover = name.startswith(_TEMPORARY)
        place = f"{self._root}/{name}" if is_leftover else self._place(name)
        aside = f"{self._root}/{_TEMPORARY}{new_id()}"
        try:
            self._files.mv(place, aside)
        except FileNotFoundError:
            return False
        if self._written(aside) < before:
            self._files.rm_file(aside)
            return True
        self._files.mv(aside, place)
        return False

    def _found(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if self._files.exists(self._root):
            yield from self._files.find(self._root, detail=True).items()

    def _written(self, name: str) -> float:
        return float(self._files.modified(name).timestamp())

    def put(self, source: IO[bytes]) -> tuple[str, int]:
        """Keep what `source` gives; return its digest and size in bytes.

        Raises
        ------
        StoreError
            When the disk is full, or the folder cannot be written.
        """
        with explained("the artifacts", self.url):
            return self._put(source)

    def _put(self, source: IO[bytes]) -> tuple[str, int]:
        # Hashing what is copied keeps digest and content one, even while the source
        # changes.
        temporary = f"{self._root}/{_TEMPORARY}{new_id()}"
        self._files.makedirs(self._root, exist_ok=True)
        sha, size = hashlib.sha256(), 0
        try:
            with self._files.open(temporary, "wb") as target:
                while chunk := source.read(_CHUNK):
                    sha.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
            digest = sha.hexdigest()
            self._keep(temporary, digest)
        except BaseException:
            if self._files.exists(temporary):
                self._files.rm_file(temporary)
            raise
        return digest, size

    def _keep(self, temporary: str, digest: str) -> None:
        place = self._place(digest)
        if self._renew(place):
            self._files.rm_file(temporary)
            return
        self._files.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
        self._files.mv(temporary, place)

    def _renew(self, place: str) -> bool:
        """Mark content that is here already as just written, so that no gc takes it."""
        if "file" not in self._files.protocol:
            return False
        try:
            os.utime(place)
        except FileNotFoundError:
            return False
        return True

    def _place(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest[2:]}"
