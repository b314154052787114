"""What ``%load_ext``, ``%trail`` alone and ``%trail status`` tell."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from celltrail.store.query.trail import Count, count_runs
from celltrail.tracking import active
from celltrail.tracking.experiment_core import active_experiment_id
from celltrail.views import Status, View, runs_table, status_view
from celltrail.views.blocks import Line, code, user
from celltrail.views.texts import count_of

if TYPE_CHECKING:
    from celltrail.notebook.session import Session
    from celltrail.store import Store

__all__ = [
    "experiment_name",
    "greeting",
    "hidden_note",
    "overview",
    "short_path",
    "status",
]

_RECENT = 10
_NEXT = (
    ("%trail runs --desc KEY", "every run, the best first"),
    ("%trail compare @prev @last", "what made the difference"),
    ("%trail?", "the manual"),
)


def greeting(store: Store) -> str:
    """Return the line that says where runs go."""
    from celltrail import __version__

    runs = _count(store).runs
    held = count_of(runs, "run") if runs else "no runs yet"
    name = experiment_name(store)
    place = short_path(store.path)
    return f"celltrail {__version__} · {place} · experiment {name} · {held}"


def short_path(path: Path) -> str:
    """Return a path with ``~`` for the home folder, as shells take it.

    Examples
    --------
    >>> Path(short_path(Path.home() / "churn")).as_posix()
    '~/churn'
    """
    home = Path.home()
    is_below = path.is_relative_to(home)
    return str(Path("~") / path.relative_to(home)) if is_below else str(path)


def experiment_name(store: Store) -> str:
    """Return the name of the experiment that new runs go to."""
    from celltrail.store.query.queries import get_experiment

    number = active_experiment_id(store)
    if number == "0" and not store.database.exists():
        return "Default"
    return get_experiment(store, number).name


def overview(session: Session) -> View:
    """Return the recent runs of the experiment, and what to type next."""
    from celltrail.store.query.listing import list_runs

    store = session.store
    number = active_experiment_id(store)
    found = list_runs(store, experiment_ids=[number], limit=_RECENT)
    total = _count(store, number).runs
    head = Line(
        (
            ("experiment ", user(experiment_name(store), strong=True)),
            count_of(total, "run"),
            user(short_path(store.path), 200),
        )
    )
    notes = [hidden_note(found.hidden)] if found.hidden else []
    table = runs_table(found.runs, notes=notes)
    hints = [Line((code(text), meaning)) for text, meaning in _NEXT]
    return View([head, *table.blocks, *(hints if found.runs else hints[-1:])])


def status(session: Session) -> View:
    """Return what is on, where the store is, and what it costs."""
    store = session.store
    run = active.current()
    costs = session.costs
    notes = [f"notebook {session.notebook}"] if session.notebook else []
    return status_view(
        Status(
            store=str(store.path),
            experiment=experiment_name(store),
            runs=_count(store).runs,
            automatic=session.automatic,
            session_runs=session.runs,
            session_cells=session.cells,
            active_run=run.entity.info.run_name if run and run.entity else "",
            size=_size(store),
            seconds_per_cell=statistics.median(costs) if costs else None,
            notes=notes,
        )
    )


def hidden_note(hidden: int) -> str:
    """Return what is said of failed runs that a list leaves out."""
    runs = count_of(hidden, "failed run")
    return f"{runs} without metrics not shown; %trail runs --all shows all."


def _count(store: Store, experiment_id: str | None = None) -> Count:
    return count_runs(store, experiment_id) if store.path.is_dir() else Count(0, 0)


def _size(store: Store) -> int:
    return sum(file.stat().st_size for file in store.path.rglob("*") if file.is_file())
