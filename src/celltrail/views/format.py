"""Numbers, durations, ages and sizes as people write them."""

from __future__ import annotations

import math
import time
from datetime import datetime

__all__ = ["age", "difference", "duration", "moment", "number", "size"]

_LARGE = 1e15  # from here on floats no longer hold every digit
_SMALL = 1e-4
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MONTH = 30 * _DAY


def number(value: float) -> str:
    """Return `value` with four significant digits; integers whole.

    Examples
    --------
    >>> number(0.912345), number(12.0), number(1234567.8), number(0.00001234)
    ('0.9123', '12', '1234568', '1.234e-5')
    >>> number(float("nan"))
    'not a number'
    """
    if isinstance(value, int) and abs(value) < _LARGE:
        return str(int(value))
    return _unusual(value) or _digits(float(value), 4)


def difference(after: float, before: float) -> str:
    """Return what was added to `before`, with its sign; empty when not finite.

    Examples
    --------
    >>> difference(0.925, 0.912), difference(0.1, 0.3)
    ('+0.013', '-0.2')
    """
    change = after - before
    if not math.isfinite(change):
        return ""
    return f"{'+' if change >= 0 else ''}{_digits(change, 3)}"


def _unusual(value: float) -> str:
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    return ""


def _digits(value: float, significant: int) -> str:
    if value == 0:
        return "0"
    size_ = abs(value)
    if _SMALL <= size_ < 10**significant and not value.is_integer():
        text = f"{value:.{significant}g}"
        return f"{float(text):.0f}" if "e" in text else text
    if 1 <= size_ < _LARGE:
        return f"{value:.0f}"
    mantissa, _, exponent = f"{value:.{significant - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def duration(seconds: float) -> str:
    """Return a span of time in at most two units.

    Examples
    --------
    >>> duration(0.0123), duration(3.42), duration(125), duration(11_520)
    ('12 ms', '3.4 s', '2 min 5 s', '3 h 12 min')
    """
    seconds = max(0.0, seconds)
    if seconds < 0.9995:  # noqa: PLR2004 - what still rounds below a second
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:  # noqa: PLR2004 - what still rounds below ten
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name}" + (f" {rest} {part_name}" if rest else "")
    return ""


def age(then: int, now: int | None = None) -> str:
    """Return how long ago `then` (milliseconds since 1970) was.

    Examples
    --------
    >>> age(0, now=5_000), age(0, now=200_000), age(0, now=90_000_000)
    ('just now', '3 min ago', '1 d ago')
    """
    seconds = ((time.time_ns() // 1_000_000 if now is None else now) - then) // 1000
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h ago"
    return f"{seconds // _DAY} d ago" if seconds < _MONTH else moment(then)[:10]


def moment(time_ms: int) -> str:
    """Return a time (milliseconds since 1970) in the local zone, to the minute."""
    local = datetime.fromtimestamp(time_ms / 1000).astimezone()
    return f"{local:%Y-%m-%d %H:%M}"


def size(count: float) -> str:
    """Return a number of bytes in decimal units.

    Examples
    --------
    >>> size(512), size(1_234), size(12_345_678)
    ('512 bytes', '1.2 kB', '12 MB')
    """
    if count < 1000:  # noqa: PLR2004 - the step of the units
        return "1 byte" if count == 1 else f"{count:.0f} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5 or unit == "TB":  # noqa: PLR2004 - rounds below the next
            break
    return f"{count:.1f} {unit}" if count < 9.95 else f"{count:.0f} {unit}"  # noqa: PLR2004
