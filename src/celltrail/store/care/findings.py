"""What an examination finds, and the words it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Finding", "bytes_text", "counted", "some"]

_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One thing found in a store.

    Attributes
    ----------
    what
        What was found.
    mend
        How to mend it; empty when `what` says it.
    is_problem
        Whether something is wrong, rather than merely worth knowing.
    is_fixed_by_fold, is_fixed_by_mending
        Whether a fold sees to it; whether `celltrail.store.care.mend.mend` does.
    """

    what: str
    mend: str = ""
    is_problem: bool = True
    is_fixed_by_fold: bool = False
    is_fixed_by_mending: bool = False

    @property
    def is_fixable(self) -> bool:
        """Whether ``celltrail doctor --fix`` sees to it."""
        return self.is_fixed_by_fold or self.is_fixed_by_mending


def counted(number: int, noun: str) -> str:
    """Return the number with its noun.

    Examples
    --------
    >>> counted(1, "run"), counted(2000, "run")
    ('1 run', '2,000 runs')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def bytes_text(size: int) -> str:
    """Return a size as people read it.

    Examples
    --------
    >>> bytes_text(999), bytes_text(1_234_567)
    ('999 bytes', '1.2 MB')
    """
    if size < 1000:  # noqa: PLR2004 (the first step)
        return counted(size, "byte")
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:  # noqa: PLR2004 (what rounds to the next unit)
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def some(items: Collection[str]) -> str:
    """Return the first few, and how many more there are.

    Examples
    --------
    >>> some(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    shown = ", ".join(list(items)[:_SHOWN])
    more = len(items) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
