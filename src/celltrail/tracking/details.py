"""All that is known of a run, put together for the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.entities import FileInfo
from celltrail.store.query import queries, summaries
from celltrail.views.data import MetricStats, RunDetails

if TYPE_CHECKING:
    from celltrail.store import Store

__all__ = ["run_details"]


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
        stats={
            key: MetricStats(one.step, one.min, one.max, one.count)
            for key, one in summaries.metric_summaries(store, run_id).items()
        },
        curves=summaries.metric_curves(store, run_id),
        artifacts=[
            FileInfo(file.path, is_dir=False, file_size=file.size)
            for file in queries.artifact_files(store, run_id)
        ],
        children=queries.child_runs(store, run_id),
        earlier_params=summaries.earlier_params(store, run_id),
    )
