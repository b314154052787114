"""What a run has logged, read from the lines of this process's own journal.

The fold would tell the same, some thirty milliseconds later; a cell does not wait.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from celltrail.store import events

__all__ = ["Logged", "read_tail"]


@dataclass
class Logged:
    """What a run has logged so far; the newest of each key.

    Attributes
    ----------
    points
        By metric: step, time and value of each point.
    artifacts
        By path: the size in bytes.
    """

    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    points: dict[str, list[tuple[int, int, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    artifacts: dict[str, int] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, float]:
        """The latest value of each metric: that of the greatest step, time, value."""
        return {key: max(points, key=_rank)[2] for key, points in self.points.items()}

    @property
    def curves(self) -> dict[str, list[float]]:
        """The values of each metric in the order of their steps."""
        return {
            key: [value for _, _, value in sorted(points, key=_rank)]
            for key, points in self.points.items()
        }


def _rank(point: tuple[int, int, float]) -> tuple[int, int, bool, float]:
    step, time, value = point
    return step, time, math.isnan(value), value


def read_tail(lines: bytes, run_id: str, known: Logged | None = None) -> Logged:
    """Return what the lines say of one run, added to what is known of it.

    Examples
    --------
    >>> read_tail(events.metric("00" * 16, "auc", 0.9, 0, 0), "00" * 16).metrics
    {'auc': 0.9}
    """
    found = Logged() if known is None else known
    for line in lines.decode("ascii", "replace").splitlines():
        if run_id not in line:
            continue
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("r") == run_id:
            _apply(found, event)
    return found


def _apply(found: Logged, event: dict[str, Any]) -> None:
    kind, key = event["e"], event.get("k", "")
    texts = {
        events.PARAM: found.params,
        events.TAG: found.tags,
        events.VALUE: found.values,
        events.CONTEXT: found.context,
    }
    if kind == "m":
        found.points[key].append((event["s"], event["t"], float(event["v"])))
    elif kind == "a":
        found.artifacts[key] = event["s"]
    elif kind in texts and event["x"] is None:
        texts[kind].pop(key, None)
    elif kind in texts:
        texts[kind][key] = event["x"]
