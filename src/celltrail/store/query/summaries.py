"""What a run recorded over time, in short: curves, extremes, earlier params."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celltrail.store.store import Store

__all__ = ["MetricSummary", "earlier_params", "metric_curves", "metric_summaries"]

_CURVE = 200


@dataclass(frozen=True)
class MetricSummary:
    """Step of the latest point, least and greatest value, number of points."""

    step: int
    min: float
    max: float
    count: int


def metric_summaries(store: Store, run_id: str) -> dict[str, MetricSummary]:
    """Return what is kept of each metric of a run beside its latest value."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT key, step, coalesce(\"min\", 'NaN'), coalesce(\"max\", 'NaN'), "
            '"count" FROM latest_metrics WHERE run_id = CAST(? AS UUID)',
            [run_id],
        ).fetchall()
    return {key: MetricSummary(*rest) for key, *rest in rows}


def metric_curves(
    store: Store, run_id: str, most: int = _CURVE
) -> dict[str, list[float]]:
    """Return the values of each metric of a run by step, of long ones an even choice.

    Parameters
    ----------
    most
        About how many points a curve may have; its last is always there.
    """
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT key, list(value ORDER BY place) FROM (SELECT key, value, "
            "row_number() OVER (PARTITION BY key ORDER BY step, timestamp) AS place, "
            "count(*) OVER (PARTITION BY key) AS points FROM metrics "
            "WHERE run_id = CAST($1 AS UUID)) "
            "WHERE place = points OR place % (points // $2 + 1) = 0 GROUP BY key",
            [run_id, most],
        ).fetchall()
    return dict(rows)


def earlier_params(store: Store, run_id: str) -> dict[str, list[str]]:
    """Return the values that params had before they were logged again, oldest first."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT key, list(value ORDER BY replaced_time) FROM param_history "
            "WHERE run_id = CAST(? AS UUID) GROUP BY key",
            [run_id],
        ).fetchall()
    return dict(rows)
