"""A disk that takes no more: what it is called, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from celltrail.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["cannot_write", "explained"]

_REASONS = {
    errno.ENOSPC: "The disk is full. Free some space",
    errno.EDQUOT: "Your disk quota is used up. Free some space",
    errno.EROFS: "The file system is read-only. Choose another store",
    errno.EACCES: "The folder is not yours to write. Choose another store",
}


def cannot_write(what: str, folder: Path | str, error: OSError) -> StoreError:
    """Return the error for a write into a store that the disk refused.

    Parameters
    ----------
    what
        What was to be written to: ``"its journal"``.
    """
    advice = _REASONS.get(error.errno or 0, f"{error.strerror}. Check the folder")
    message = (
        f"celltrail could not write to {what} in {str(folder)!r}. {advice} "
        "(celltrail.set_tracking_uri(path) sets the store); what was logged before "
        "is kept."
    )
    return StoreError(message)


@contextlib.contextmanager
def explained(what: str, folder: Path | str) -> Iterator[None]:
    """Raise the disk's refusals in this block as `cannot_write` tells them."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        raise cannot_write(what, folder, error) from error
