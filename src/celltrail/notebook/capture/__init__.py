"""What a tracked cell yields without being asked.

`analyse` reads a cell before it runs, `Recorder` notes what it measures while it runs,
`collect` takes params, metrics, curves and values afterwards; `Memory` carries over
from cell to cell which names are params.
"""

from __future__ import annotations

from celltrail.notebook.capture.analyse import analyse
from celltrail.notebook.capture.collect import Captured, collect, learn
from celltrail.notebook.capture.memory import Memory
from celltrail.notebook.capture.plan import CellPlan
from celltrail.notebook.capture.recorder import Record, Recorder
from celltrail.notebook.capture.source import failed_line

__all__ = [
    "Captured",
    "CellPlan",
    "Memory",
    "Record",
    "Recorder",
    "analyse",
    "collect",
    "failed_line",
    "learn",
]
