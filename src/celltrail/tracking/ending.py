"""The end of the process: what is still open ends, too."""

from __future__ import annotations

import atexit
import contextlib
import sys

from celltrail.errors import CelltrailError
from celltrail.tracking import active, lifecycle

__all__ = ["watch"]


def watch() -> None:
    """Have the runs that are open at the end of the process ended."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)


def _end_all() -> None:
    status = _status()
    for run in active.open_runs():
        with contextlib.suppress(CelltrailError, OSError):
            lifecycle.finish(run, run.outcome or status)
            # No handler registered while handlers run is called, so not soon but now.
            run.store.journal.sync()


def _status() -> str:
    """Return how a run ends that the program left open.

    A script that dies of an exception leaves it in `sys`; an interactive session has
    seen many, and goes on after each.
    """
    is_interactive = hasattr(sys, "ps1") or "IPython" in sys.modules
    error = None if is_interactive else getattr(sys, "last_value", None)
    if error is None:
        return "FINISHED"
    return "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
