"""Time-ordered identifiers."""

from __future__ import annotations

import os
import time

__all__ = ["new_id"]


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7) as 32 hexadecimal characters.

    Ids made later sort later (to the millisecond), so the rows of one day lie
    together in the store.

    Examples
    --------
    >>> len(new_id())
    32
    """
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big")
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | noise >> 68
    low = 0x8000_0000_0000_0000 | noise & 0x3FFF_FFFF_FFFF_FFFF
    return f"{high:016x}{low:016x}"
