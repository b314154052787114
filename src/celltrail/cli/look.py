"""Commands that look: at runs, one run, differences, tables, experiments, files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from celltrail.cli.group import RUN, the_store
from celltrail.cli.output import (
    as_cell,
    emit,
    emit_csv,
    emit_json,
    emit_view,
    flat,
    format_option,
    nested,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = ["artifacts", "compare", "experiments", "runs", "show", "sql"]

_IN_TABLE = 50
_FIRST_COLUMNS = ("run_id", "name", "experiment", "status", "start_time", "end_time")


@click.command()
@click.argument("filter_", metavar="[FILTER]", nargs=-1)
@click.option("--asc", metavar="KEY", help="Least first: a metric, param or attribute.")
@click.option("--desc", metavar="KEY", help="Greatest first.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    help=f"At most N runs.  [default: {_IN_TABLE} in a table, else all]",
)
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--all", "show_all", is_flag=True, help="Also failed runs without metrics."
)
@click.option("--deleted", is_flag=True, help="Deleted runs instead.")
@format_option
def runs(
    filter_: tuple[str, ...],
    asc: str | None,
    desc: str | None,
    limit: int | None,
    experiment: str | None,
    *,
    format_: str,
    show_all: bool,
    deleted: bool,
) -> None:
    """List runs, or those that match a FILTER.

    The newest come first. Failed runs without metrics are left out.

    \b
    celltrail runs
    celltrail runs "metrics.auc > 0.9 AND params.model = 'rf'" --desc auc
    celltrail runs "status = 'FAILED'" --limit 5
    celltrail runs --experiment bankchurn --format csv > runs.csv
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.entities import ViewType
    from celltrail.store.query.listing import find_experiment, list_runs, order_clause

    if asc and desc:
        message = "--asc and --desc exclude each other."
        raise click.UsageError(message)
    store = the_store()
    key = asc or desc
    found = list_runs(
        store,
        " ".join(filter_),
        experiment_ids=(
            [find_experiment(store, experiment).experiment_id] if experiment else None
        ),
        order_by=[order_clause(store, key, "ASC" if asc else "DESC")] if key else None,
        limit=limit or (_IN_TABLE if format_ == "table" else None),
        view_type=ViewType.DELETED_ONLY if deleted else ViewType.ACTIVE_ONLY,
        show_all=show_all or deleted,
    )
    _emit_runs(store, found.runs, format_, is_filtered=bool(filter_ or experiment))
    if found.has_more:
        say(f"Only the first {len(found.runs)} are shown; --limit N shows more.")
    if found.hidden:
        failed = "1 failed run" if found.hidden == 1 else f"{found.hidden} failed runs"
        say(f"{failed} without metrics not shown; --all shows all.")


def _emit_runs(
    store: Store, found: Sequence[Run], format_: str, *, is_filtered: bool
) -> None:
    if format_ == "table":
        from celltrail.views.tables import runs_table

        emit_view(runs_table(found, empty="No runs match." if is_filtered else ""))
        return
    records = [nested(run, name) for run, name in _with_experiment(store, found)]
    _emit_records(records, format_, _FIRST_COLUMNS)


def _with_experiment(store: Store, found: Sequence[Run]) -> list[tuple[Run, str]]:
    from celltrail.entities import ViewType
    from celltrail.store.query.queries import search_experiments

    known = search_experiments(store, ViewType.ALL, max_results=50_000)
    names = {one.experiment_id: one.name for one in known}
    return [(run, names.get(run.info.experiment_id, "")) for run in found]


def _emit_records(
    records: list[dict[str, Any]], format_: str, first: Sequence[str]
) -> None:
    if format_ == "json":
        emit_json(records)
        return
    rows = [flat(record) for record in records]
    columns = dict.fromkeys([*first, *(key for row in rows for key in row)])
    emit_csv(rows, list(columns))


@click.command()
@click.argument("run", type=RUN)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print the run.",
)
def show(run: str, format_: str) -> None:
    """Show all that is known of a RUN.

    \b
    celltrail show @last
    celltrail show @best:auc --format json
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.query.references import resolve_run
    from celltrail.tracking.details import run_details
    from celltrail.views.show import show as show_view

    store = the_store()
    details = run_details(store, resolve_run(store, run))
    if format_ == "table":
        emit_view(show_view(details))
        return
    emit_json(
        {
            **nested(details.run, details.experiment),
            "context": details.run.data.context,
            "inputs": [
                one.to_dictionary() for one in details.run.inputs.dataset_inputs
            ],
            "artifacts": {file.path: file.file_size for file in details.artifacts},
            "children": [child.info.run_id for child in details.children],
            "code": details.code,
        }
    )


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True, type=RUN)
def compare(runs: tuple[str, ...]) -> None:
    """Show how runs differ.

    In metrics, params, tags, environment and code; differences are from the first.

    \b
    celltrail compare @prev @last
    celltrail compare rf-baseline rf-deep rf-wide
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.query.references import resolve_run
    from celltrail.tracking.details import run_details
    from celltrail.views.diff import compare as compare_view

    if len(runs) == 1:
        message = "It takes two runs to compare; name another, such as @prev."
        raise click.UsageError(message)
    store = the_store()
    found = [run_details(store, resolve_run(store, run)) for run in runs]
    emit_view(compare_view(found), is_diff=True)


@click.command()
@click.argument("query")
@format_option
def sql(query: str, format_: str) -> None:
    """Answer one SELECT.

    Over the tables runs, params, metrics, latest_metrics, tags, artifacts,
    experiments, cells and runs_wide. The QUERY - is read from stdin. Nothing can be
    written, and no file be read.

    \b
    celltrail sql "SELECT name, metrics['auc'] AS auc FROM runs ORDER BY auc DESC"
    celltrail sql - --format csv < report.sql > report.csv
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.query.sandbox import run_sql

    text = sys.stdin.read() if query == "-" else query
    frame = run_sql(the_store(), text)
    if format_ == "table":
        from celltrail.views.frame import frame_table

        shown = _IN_TABLE if sys.stdout.isatty() else max(1, len(frame))
        emit_view(frame_table(frame, max_rows=shown))
    elif format_ == "json":
        emit_json(frame.astype(object).where(frame.notna(), None).to_dict("records"))
    else:
        emit(frame.map(as_cell).to_csv(index=False).removesuffix("\n"))


@click.command()
@click.option("--all", "show_all", is_flag=True, help="Also deleted experiments.")
@format_option
def experiments(format_: str, *, show_all: bool) -> None:
    """List experiments.

    The newest come first, each with the number of its runs.

    \b
    celltrail experiments
    celltrail experiments --format json
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.entities import ViewType
    from celltrail.store.query.listing import RunCount, runs_by_experiment
    from celltrail.store.query.queries import search_experiments
    from celltrail.views.data import ExperimentRow

    store = the_store()
    stages = ViewType.ALL if show_all else ViewType.ACTIVE_ONLY
    known = search_experiments(store, stages, max_results=50_000)
    counts = runs_by_experiment(store)
    rows = [
        ExperimentRow(one, *counts.get(one.experiment_id, RunCount(0, None)))
        for one in known
    ]
    if format_ == "table":
        from celltrail.views.tables import experiments_table

        emit_view(experiments_table(rows))
        return
    records = [{**row.experiment.to_dictionary(), "runs": row.runs} for row in rows]
    _emit_records(
        records, format_, ("experiment_id", "name", "lifecycle_stage", "runs")
    )


@click.command()
@click.argument("run", type=RUN)
@click.argument("path", required=False)
@click.option(
    "--download", metavar="DEST", help="Copy to this folder; - prints one file."
)
@format_option
def artifacts(run: str, path: str | None, download: str | None, format_: str) -> None:
    """List or copy the files of a RUN.

    All of them, or the file or folder PATH.

    \b
    celltrail artifacts @last
    celltrail artifacts @best:auc model --download ./best
    celltrail artifacts @last report.json --download - | jq .auc
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.query.references import resolve_run
    from celltrail.tracking import files

    store = the_store()
    run_id = resolve_run(store, run)
    if download == "-":
        emit(files.read_bytes(store, run_id, path or ""))
    elif download is not None:
        emit(files.download(store, run_id, path, download))
    else:
        _emit_files(store, run_id, path, format_)


def _emit_files(store: Store, run_id: str, path: str | None, format_: str) -> None:
    from celltrail.errors import NotFoundError
    from celltrail.tracking import files
    from celltrail.views.blocks import Column, Line, Table, user
    from celltrail.views.format import size
    from celltrail.views.view import View

    found = files.entries(store, run_id, (path or "").strip("/"))
    if path and not found:
        message = f"The run has no artifact {path!r}."
        raise NotFoundError(message)
    if format_ != "table":
        records = [file._asdict() for file in found]
        _emit_records(records, format_, ("path", "digest", "size"))
    elif not found:
        emit_view(View([Line(("The run has no artifacts.",))]))
    else:
        head = [Column("artifact"), Column("size", right=True)]
        rows = [(user(file.path, 200), size(file.size)) for file in found]
        emit_view(View([Table("", head, rows)]))
