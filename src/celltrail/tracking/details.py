"""All that is known of a run, put together for the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.entities import FileInfo
from celltrail.store import queries
from celltrail.views.data import MetricStats, RunDetails

if TYPE_CHECKING:
    from celltrail.store import Store

__all__ = ["run_details"]

_CURVE = 200


def run_details(store: Store, run_id: str) -> RunDetails:
    """Return a run with its texts, curves, files, nested runs and earlier params.

    Raises
    ------
    NotFoundError
        When the store has no such run.
    """
    run = queries.get_run(store, run_id)
    context = run.data.context
    names = ("code", "packages", "git.diff")
    digests = [context[name] for name in names if name in context]
    texts = queries.texts(store, digests) if digests else {}
    code, packages, diff = (texts.get(context.get(name, ""), "") for name in names)
    return RunDetails(
        run,
        experiment=queries.get_experiment(store, run.info.experiment_id).name,
        code=code,
        packages=packages,
        git_diff=diff,
        stats=_stats(store, run_id),
        curves=_curves(store, run_id),
        artifacts=[
            FileInfo(file.path, is_dir=False, file_size=file.size)
            for file in queries.artifact_files(store, run_id)
        ],
        children=queries.child_runs(store, run_id),
        earlier_params={
            key: queries.param_history(store, run_id, key) for key in run.data.params
        },
    )


def _stats(store: Store, run_id: str) -> dict[str, MetricStats]:
    with store.reading() as connection:
        rows = connection.execute(
            'SELECT key, step, "min", "max", "count" FROM latest_metrics '
            "WHERE run_id = CAST(? AS UUID)",
            [run_id],
        ).fetchall()
    return {
        key: MetricStats(step, _number(low), _number(high), count)
        for key, step, low, high, count in rows
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _curves(store: Store, run_id: str) -> dict[str, list[float]]:
    """Return the values of each metric, of long ones an even choice."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT key, list(value ORDER BY step, timestamp) FROM ("
            "SELECT *, row_number() OVER (PARTITION BY key ORDER BY step, timestamp) "
            "AS place, count(*) OVER (PARTITION BY key) AS points FROM metrics "
            "WHERE run_id = CAST(? AS UUID)) "
            f"WHERE place = points OR place % (points // {_CURVE} + 1) = 0 GROUP BY key",
            [run_id],
        ).fetchall()
    return dict(rows)
