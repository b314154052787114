"""What a cell cost, and which of the user's own modules it used."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celltrail.notebook.capture.modules import ModuleFile
    from celltrail.notebook.execution import Execution

__all__ = ["cost_facts", "module_facts"]

_MEGABYTE = 2**20


def cost_facts(execution: Execution) -> dict[str, str]:
    """Return the processor time of an execution and the peak memory of its process."""
    facts = {"cpu_seconds": f"{execution.processor_seconds:.3f}"}
    peak = _peak_memory()
    if peak:
        facts["peak_memory_mb"] = f"{peak / _MEGABYTE:.0f}"
    return facts


def module_facts(found: dict[str, ModuleFile]) -> dict[str, str]:
    """Return the digests of modules under the names that context gives them."""
    return {f"module.{name}": file.digest for name, file in found.items()}


def _peak_memory() -> int:
    """Return the most bytes the process has held, or 0 where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows counts elsewhere
        import psutil

        return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most) * (1 if sys.platform == "darwin" else 1024)
