"""Content-addressed files: each distinct content once, under its SHA-256.

Through fsspec, so that the same code serves a folder and an object store. A file is
written under a temporary name and then moved, so what lies under a digest is whole.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import IO, TYPE_CHECKING

import fsspec

from celltrail.errors import NotFoundError
from celltrail.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ArtifactFiles"]

_CHUNK = 2**20


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
        return self._put(io.BytesIO(data))

    def put_file(self, path: Path | str) -> tuple[str, int]:
        """Keep the content of a file; return its digest and size in bytes."""
        with Path(path).open("rb") as source:
            return self._put(source)

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

    def digests(self) -> Iterator[tuple[str, int]]:
        """Yield the digest and size in bytes of everything kept here."""
        if self._files.exists(self._root):
            for name, facts in self._files.find(self._root, detail=True).items():
                folder, leaf = name.rsplit("/", 2)[-2:]
                if len(folder) == 2 and len(leaf) == 62:  # noqa: PLR2004 (hex of SHA-256)
                    yield folder + leaf, int(facts["size"])

    def leftovers(self) -> list[str]:
        """Return the temporary files that broken writes left behind."""
        pattern = f"{self._root}/tmp-*"
        return [str(name) for name in self._files.glob(pattern)]

    def remove(self, digest: str) -> None:
        """Remove the content of that digest, if it is here."""
        if self.exists(digest):
            self._files.rm_file(self._place(digest))

    def _put(self, source: IO[bytes]) -> tuple[str, int]:
        # Hashing what is copied keeps digest and content one, even while the source
        # changes.
        temporary = f"{self._root}/tmp-{new_id()}"
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
        if self._files.exists(place):
            self._files.rm_file(temporary)
            return
        self._files.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
        self._files.mv(temporary, place)

    def _place(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest[2:]}"
