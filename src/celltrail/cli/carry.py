"""Commands that carry runs: out, in, away and back; and the whole store aside."""

from __future__ import annotations

from pathlib import Path

import click

from celltrail.cli.group import RUN, the_store
from celltrail.cli.output import say

__all__ = ["backup", "delete", "export", "import_", "restore"]

_FAILED = 1


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=RUN)
@click.argument("dest", type=click.Path(file_okay=False))
@click.option("--experiment", metavar="NAME", help="All runs of this experiment.")
@click.option("--all", "take_all", is_flag=True, help="All runs of the store.")
def export(
    runs: tuple[str, ...], dest: str, experiment: str | None, *, take_all: bool
) -> None:
    """Write runs to a portable folder.

    DEST is a new or empty folder. It gets Parquet and artifact files, which
    celltrail import takes into another store.

    \b
    celltrail export @best:auc ./best-run
    celltrail export --experiment bankchurn ./bankchurn
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.care.portable import export_runs
    from celltrail.store.query.listing import find_experiment, list_runs
    from celltrail.store.query.references import resolve_run
    from celltrail.views.format import size

    if bool(runs) + bool(experiment) + take_all != 1:
        message = "Name runs, or give --experiment or --all."
        raise click.UsageError(message)
    store = the_store()
    if runs:
        chosen = [resolve_run(store, run) for run in runs]
    else:
        where = (
            [find_experiment(store, experiment).experiment_id] if experiment else None
        )
        listed = list_runs(store, experiment_ids=where, show_all=True)
        chosen = [run.info.run_id for run in listed.runs]
    report = export_runs(store, chosen, dest)
    say(
        f"Exported {_counted(report.runs, 'run')} with "
        f"{_counted(report.artifacts, 'artifact')} ({size(report.size)}) to "
        f"{report.path}"
    )


@click.command("import")
@click.argument("src", type=click.Path(file_okay=False))
def import_(src: str) -> None:
    """Take the runs of an export into the store.

    The store is made when missing. Importing again adds only what is new.

    \b
    celltrail import ./best-run
    celltrail --store ~/all-my-runs import ./bankchurn
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.care.importing import import_runs
    from celltrail.store.care.portable import read_manifest

    # An unreadable export must not leave an empty store behind.
    read_manifest(Path(src).expanduser().absolute())
    report = import_runs(the_store(create=True), src)
    runs, files = len(report.runs), report.artifacts
    parts = [f"Imported {_counted(runs, 'run')} with {_counted(files, 'artifact')}."]
    if report.updated:
        parts.append(f"Completed {_counted(len(report.updated), 'run')}.")
    if report.known:
        parts.append(f"{_counted(report.known, 'run')} known already.")
    if report.experiments:
        parts.append(f"New experiments: {', '.join(report.experiments)}.")
    say(" ".join(parts))


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=RUN)
def delete(runs: tuple[str, ...]) -> None:
    """Delete runs.

    celltrail restore brings them back until celltrail gc removes them for good.

    \b
    celltrail delete @last
    celltrail delete 0199a3b7 rf-typo
    """  # noqa: D301 - click's mark for lines to keep
    _set_stage(runs, "deleted", "Deleted")


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=RUN)
def restore(runs: tuple[str, ...]) -> None:
    """Bring deleted runs back.

    celltrail runs --deleted lists them.

    \b
    celltrail restore rf-baseline
    """  # noqa: D301 - click's mark for lines to keep
    _set_stage(runs, "active", "Restored")


def _set_stage(runs: tuple[str, ...], stage: str, done: str) -> None:
    from celltrail.store.decisions import set_run_stage
    from celltrail.store.query.queries import get_run
    from celltrail.store.query.references import resolve_run

    store = the_store()
    run_ids = list(dict.fromkeys(resolve_run(store, run) for run in runs))
    set_run_stage(store, run_ids, stage)
    for run_id in run_ids:
        say(f"{done} {get_run(store, run_id).info.run_name} ({run_id})")


@click.command()
@click.argument("dest", type=click.Path(file_okay=False))
@click.pass_context
def backup(ctx: click.Context, dest: str) -> None:
    """Copy the whole store to a new folder.

    Others can go on logging. The copy is a store itself: to restore it, use it, as
    in celltrail --store DEST runs.

    \b
    celltrail backup /backups/$(date +%F)
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.care.backup import backup as back_up
    from celltrail.views.format import size

    report = back_up(the_store(), dest)
    say(
        f"Copied {_counted(report.runs, 'run')} ({size(report.database_size)}) and "
        f"{_counted(report.artifacts, 'artifact')} ({size(report.size)}) to "
        f"{report.path}"
    )
    for line in report.damaged:
        say(f"Not copied: {line}")
    if report.damaged:
        ctx.exit(_FAILED)


def _counted(number: int, noun: str) -> str:
    from celltrail.store.care.findings import counted

    return counted(number, noun)
