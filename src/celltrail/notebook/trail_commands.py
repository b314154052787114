"""What each command of ``%trail`` does; the results display themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from celltrail.errors import nearest
from celltrail.notebook import overview
from celltrail.notebook.guard import usage_errors
from celltrail.notebook.line import words
from celltrail.notebook.manual import TRAIL
from celltrail.notebook.shown import show_as
from celltrail.notebook.trail_options import COMMANDS, RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from celltrail.entities import Run
    from celltrail.notebook.session import Session
    from celltrail.store import Store
    from celltrail.views import View

__all__ = ["execute"]

_SHOWN = 50


def execute(session: Session, line: str, cell: str | None = None) -> Any:
    """Return the result of a ``%trail`` line, or of ``%%trail sql``.

    Raises
    ------
    UsageError
        For what is not understood, or not there.
    """
    name, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if cell is not None:
        if name != "sql":
            message = "Only %%trail sql takes a whole cell; %trail? lists the commands."
            raise UsageError(message)
        rest = f"{rest}\n{cell}"
    if not name:
        return overview.overview(session)
    if name in {"-h", "--help"}:
        name = "help"
    if name not in COMMANDS:
        message = (
            f"%trail has no command {name!r}.{nearest(name, COMMANDS)} "
            f"There are: {', '.join(COMMANDS)}."
        )
        raise UsageError(message)
    with usage_errors():
        if name == "runs":
            return _runs(session.store, rest)
        if name == "sql":
            return _sql(session.store, rest)
        given = COMMANDS[name].parse_words(words(rest))
        return _SIMPLE[name](session, **vars(given))


def _status(session: Session) -> View:
    return overview.status(session)


def _help(_session: Session) -> None:
    sys.stdout.write(TRAIL)


def _experiment(session: Session, name: str | None) -> View | None:
    from celltrail.tracking.experiment_core import activate

    if name is None:
        return _experiments(session.store)
    activate(session.store, name)
    sys.stdout.write(f"New runs go to the experiment {name}.\n")
    return None


def _experiments(store: Store) -> View:
    from celltrail.store.query.listing import RunCount, runs_by_experiment
    from celltrail.store.query.queries import search_experiments
    from celltrail.tracking.experiment_core import active_experiment_id
    from celltrail.views import ExperimentRow, experiments_table

    counts = runs_by_experiment(store)
    current = active_experiment_id(store)
    rows = [
        ExperimentRow(
            one,
            *counts.get(one.experiment_id, RunCount(0, None)),
            current=one.experiment_id == current,
        )
        for one in search_experiments(store, max_results=50_000)
    ]
    return experiments_table(rows)


def _show(session: Session, run: str) -> View:
    from celltrail.tracking.details import run_details
    from celltrail.views import show

    return show(run_details(session.store, _resolve(session.store, run)))


def _compare(session: Session, runs: Sequence[str]) -> View:
    from celltrail.tracking.details import run_details
    from celltrail.views import compare

    given = [*runs] or ["@prev", "@last"]
    if len(given) == 1:
        message = f"It takes two runs to compare: %trail compare {given[0]} @last"
        raise UsageError(message)
    store = session.store
    return compare([run_details(store, _resolve(store, run)) for run in given])


def _drop(session: Session, runs: Sequence[str]) -> None:
    from celltrail.store.query.queries import get_run
    from celltrail.tracking.records import set_stage

    store = session.store
    found = [_resolve(store, run) for run in runs]
    for run_id in found:
        set_stage(store, run_id, "deleted")
        name = get_run(store, run_id).info.run_name
        sys.stdout.write(
            f"Deleted {name}. Undo with celltrail.restore_run({run_id[:12]!r}).\n"
        )


def _runs(store: Store, rest: str) -> pd.DataFrame:
    from celltrail.store.query.listing import find_experiment, list_runs, order_clause
    from celltrail.tracking.experiment_core import active_experiment_id
    from celltrail.views import runs_table

    options, condition = RUNS.parse_leading(rest)
    if options.asc and options.desc:
        message = "%trail runs: --asc and --desc exclude each other."
        raise UsageError(message)
    key, direction = options.asc or options.desc, "ASC" if options.asc else "DESC"
    name = options.experiment
    number = (
        find_experiment(store, name).experiment_id
        if name
        else active_experiment_id(store)
    )
    found = list_runs(
        store,
        condition,
        experiment_ids=[number],
        order_by=[order_clause(store, key, direction)] if key else None,
        limit=options.limit,
        show_all=options.all,
    )
    notes = [overview.hidden_note(found.hidden)] if found.hidden else []
    if len(found.runs) > _SHOWN:
        notes.append(f"{_SHOWN} of {len(found.runs)} are shown; the DataFrame has all.")
    empty = "No run matches." if condition or found.hidden else ""
    return show_as(
        _frame(found.runs),
        lambda: runs_table(found.runs[:_SHOWN], notes=notes, empty=empty),
    )


def _frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return runs as a plain table, with MLflow's names for the columns."""
    import pandas as pd

    info = [
        {
            "run_id": run.info.run_id,
            "run_name": run.info.run_name,
            "status": run.info.status,
            "start_time": run.info.start_time,
            "duration": (
                None
                if run.info.end_time is None
                else (run.info.end_time - run.info.start_time) / 1000
            ),
        }
        for run in runs
    ]
    columns = list(info[0]) if info else ["run_id", "run_name", "status"]
    frame = pd.DataFrame(info, columns=columns)
    if info:
        frame["start_time"] = pd.to_datetime(frame["start_time"], unit="ms", utc=True)
    parts = [frame]
    for kind in ("metrics", "params", "tags"):
        found = [_own(getattr(run.data, kind)) for run in runs]
        part = pd.DataFrame(found, index=frame.index)
        parts.append(part.add_prefix(f"{kind}."))
    return pd.concat(parts, axis=1)


def _own(texts: dict[str, Any]) -> dict[str, Any]:
    return {key: text for key, text in texts.items() if not key.startswith("mlflow.")}


def _sql(store: Store, query: str) -> pd.DataFrame:
    from celltrail.store.query.sandbox import run_sql
    from celltrail.views import frame_table

    if not query.strip():
        message = (
            "%trail sql takes a SELECT, such as: %trail sql SELECT * FROM runs_wide"
        )
        raise UsageError(message)
    frame = run_sql(store, query)
    return show_as(frame, lambda: frame_table(frame.copy()))


def _resolve(store: Store, run: str) -> str:
    from celltrail.store.query.references import resolve_run

    return resolve_run(store, run)


_SIMPLE: dict[str, Any] = {
    "status": _status,
    "experiment": _experiment,
    "show": _show,
    "compare": _compare,
    "drop": _drop,
    "help": _help,
}
