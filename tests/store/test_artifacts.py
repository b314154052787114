"""Artifact files: each content once, whole, on any file system."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
from typing import IO, TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrail.errors import NotFoundError, StoreError
from celltrail.store.artifacts import ArtifactFiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, folder: Path) -> ArtifactFiles:
    """Return an empty folder, or object storage, of artifacts."""
    memory = f"memory://{folder.name}"
    return ArtifactFiles(memory if request.param == "memory" else str(folder / "a b"))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=100))
def test_what_was_put_is_what_is_read(files: ArtifactFiles, data: bytes) -> None:
    digest, size = files.put_bytes(data)
    assert (digest, size) == (hashlib.sha256(data).hexdigest(), len(data))
    with files.open(digest) as file:
        assert file.read() == data


def test_the_same_content_is_kept_once(files: ArtifactFiles, folder: Path) -> None:
    (folder / "x.txt").write_bytes(b"hello")
    assert files.put_bytes(b"hello") == files.put_file(folder / "x.txt")
    assert len(list(files.contents())) == 1
    assert list(files.leftovers()) == []


def test_a_large_file_is_copied_whole(files: ArtifactFiles, folder: Path) -> None:
    data = bytes(range(256)) * 20_000
    (folder / "large").write_bytes(data)
    digest, size = files.put_file(folder / "large")
    assert size == len(data)
    with files.open(digest) as file:
        assert file.read() == data


def test_a_broken_write_leaves_nothing(files: ArtifactFiles) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                message = "the disk went away"
                raise OSError(message)
            return super().read(size and 4)

    source: IO[bytes] = Broken(b"12345678")
    with pytest.raises(OSError, match="went away"):
        files.put(source)
    assert list(files.leftovers()) == []
    assert list(files.contents()) == []


def test_a_full_disk_is_said(folder: Path) -> None:
    class Full(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    files = ArtifactFiles(str(folder / "a"))
    with pytest.raises(StoreError, match=r"the artifacts in .* The disk is full"):
        files.put(Full())
    assert list(files.leftovers()) == []


def test_missing_content_is_said(files: ArtifactFiles) -> None:
    with pytest.raises(NotFoundError, match="celltrail doctor"):
        files.open("0" * 64)


def test_discarding_takes_what_is_old_and_leaves_what_is_new(
    files: ArtifactFiles,
) -> None:
    digest, _ = files.put_bytes(b"x")
    assert not files.discard(digest, before=0)
    assert files.exists(digest)
    assert files.discard(digest, before=time.time() + 60)
    assert not files.exists(digest)
    assert not files.discard(digest, before=time.time() + 60)


def test_only_local_content_has_a_path(folder: Path) -> None:
    local = ArtifactFiles(str(folder))
    digest, _ = local.put_bytes(b"x")
    path = local.path(digest)
    assert path is not None
    assert path.read_bytes() == b"x"
    assert ArtifactFiles("memory://m").path(digest) is None
