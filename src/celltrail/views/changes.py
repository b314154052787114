"""What differs between two executions: params, and metrics with a judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from celltrail.views.direction import direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.entities import Run

__all__ = ["MetricChange", "ParamChange", "metric_changes", "param_changes"]


@dataclass(frozen=True, slots=True)
class ParamChange:
    """A param before and after; None where it was not given."""

    key: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Whether the text differs."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A metric after, and before where it was measured then."""

    key: str
    before: float | None
    after: float

    @property
    def changed(self) -> bool:
        """Whether there is a value before and another one after; NaN equals NaN."""
        if self.before is None:
            return False
        both_nan = self.before != self.before and self.after != self.after
        return not both_nan and self.before != self.after

    @property
    def verdict(self) -> Literal["better", "worse", ""]:
        """Which it is, where the metric's name tells its direction."""
        sign = direction(self.key)
        if not sign or not self.changed or self.before is None:
            return ""
        rise = self.after - self.before
        if rise != rise:  # noqa: PLR0124 - NaN: no longer, or for the first time a number
            return "worse" if self.after != self.after else "better"
        return "better" if rise * sign > 0 else "worse"


def param_changes(run: Run, previous: Run | None) -> list[ParamChange]:
    """Return all params of both runs, the changed ones first."""
    before = previous.data.params if previous else {}
    after = run.data.params
    gone = [key for key in before if key not in after]
    changes = [
        ParamChange(key, before.get(key), after.get(key)) for key in (*after, *gone)
    ]
    return sorted(changes, key=lambda change: previous is None or not change.changed)


def metric_changes(run: Run, previous: Run | None) -> list[MetricChange]:
    """Return the metrics of `run`: judged changes first, then other changes."""
    before: Mapping[str, float] = previous.data.metrics if previous else {}
    changes = [
        MetricChange(key, before.get(key), value)
        for key, value in run.data.metrics.items()
    ]
    return sorted(
        changes, key=lambda change: (not change.changed, not direction(change.key))
    )
