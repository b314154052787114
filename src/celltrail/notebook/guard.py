"""What happens when celltrail itself fails: one line, once, and the cell goes on."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from celltrail.errors import CelltrailError, InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Guard", "usage_errors"]

logger = logging.getLogger(__name__)


class Guard:
    """Keeps celltrail's failures away from the user's cells.

    Attributes
    ----------
    trips
        How often something failed; whoever compares it sees whether it did meanwhile.
    """

    def __init__(self) -> None:
        self.trips = 0
        self._told: set[str] = set()
        self._spoke = False

    def next_cell(self) -> None:
        """Begin a cell, which may have a warning of its own."""
        self._spoke = False

    @contextmanager
    def protecting(self, what: str) -> Iterator[None]:
        """Turn any failure in the block into a warning; a user's mistake is raised."""
        try:
            yield
        except UsageError:
            raise
        except CelltrailError as error:
            self.warn(f"{what}: {error.message}")
        except Exception as error:  # whatever it is, the cell goes on
            logger.debug("celltrail failed", exc_info=True)
            self.warn(f"{what}: {type(error).__name__}: {error}")

    def warn(self, message: object) -> None:
        """Print one line a cell, and each line only the first time it comes up."""
        self.trips += 1
        line = " ".join(str(message).split())
        is_new = line not in self._told
        self._told.add(line)
        if is_new and not self._spoke:
            self._spoke = True
            sys.stderr.write(f"celltrail: {line} The cell itself is not affected.\n")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Show what the user asked wrongly as one line, without a traceback."""
    try:
        yield
    except (InvalidValueError, NotFoundError) as error:
        raise UsageError(error.message) from None
