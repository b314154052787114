"""Which run is open here: in this context, this cell, this process.

A run belongs to the context (`contextvars`) that opened it: a task, a thread, the main
program. Threads do not inherit a context, worker processes have one of their own, and a
notebook may run each cell in a fresh one; where the context knows no run, the innermost
run of the current cell counts, or else of the main thread, or else of the process that
started this one.
"""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from celltrail.tracking import inherit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = [
    "LiveRun",
    "attach",
    "cell_token",
    "current",
    "detach",
    "find_open",
    "left_behind",
    "open_for_cell",
    "open_runs",
    "own",
    "set_cell_run",
    "set_current_cell",
]

current_cell: object | None = None
"""The cell execution under way, as the notebook layer tells it; None elsewhere."""

cell_opener: Callable[[], None] | None = None
"""Makes the run of a cell that becomes a run only when it logs; None elsewhere."""


class LiveRun:
    """A run that this process can log to without asking the store about it.

    Attributes
    ----------
    prefixes
        The beginning of each metric's lines. Empty as soon as the run has ended, so
        that whoever still holds the run from another context misses and looks again.
    outer
        The run that was open when this one was opened.
    is_cell
        Whether it is the run of a tracked cell, which only the notebook layer ends.
    inherited
        Whether another process opened it, which is the one to end it.
    adopted, outcome
        Whether `start_run` took the cell's run for its own, and how that ended.
    """

    __slots__ = (
        "adopted",
        "cell",
        "ended",
        "entity",
        "experiment_id",
        "in_main",
        "inherited",
        "is_cell",
        "logged",
        "outcome",
        "outer",
        "prefixes",
        "run_id",
        "store",
    )

    def __init__(
        self, store: Store, run_id: str, experiment_id: str, entity: Run | None = None
    ) -> None:
        self.store = store
        self.run_id = run_id
        self.experiment_id = experiment_id
        self.entity = entity
        self.prefixes: dict[str, str] = {}
        self.outer: LiveRun | None = None
        self.cell = current_cell
        self.in_main = threading.current_thread() is threading.main_thread()
        self.is_cell = self.adopted = self.logged = False
        self.ended = self.inherited = False
        self.outcome: str | None = None

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was logged to it yet."""
        return not (self.logged or self.prefixes or self.adopted)


class _Nobody(LiveRun):
    """Stands in the context where no run is open: every metric key misses."""

    __slots__ = ()

    def __init__(self) -> None:
        self.prefixes = {}
        self.ended, self.inherited = True, False
        self.outer = None


context_run: ContextVar[LiveRun] = ContextVar("celltrail_run", default=_Nobody())  # noqa: B039
_open: dict[str, LiveRun] = {}
_cell_run: LiveRun | None = None
_from_parent: LiveRun | None = None
_threads: WeakKeyDictionary[threading.Thread, LiveRun] = WeakKeyDictionary()


def own() -> LiveRun | None:
    """Return the innermost open run of this context."""
    run: LiveRun | None = context_run.get()
    while run is not None and run.ended and not _is_open_in_parent(run):
        run = run.outer
    return run


def current() -> LiveRun | None:
    """Return the run that ``log_*`` would write to, if one is open."""
    return own() or _of_thread() or _shared() or _of_parent()


def open_for_cell() -> None:
    """Make the run of the cell under way, if it becomes one by logging."""
    if cell_opener is not None and current() is None:
        cell_opener()


def bind_threads(threads: Iterable[threading.Thread], run: LiveRun) -> None:
    """Have threads log to a cell's run though the cell is over; they began in it."""
    for thread in threads:
        _threads[thread] = run


def left_behind() -> LiveRun | None:
    """Return the run that an earlier cell left open, if the next run is to end it."""
    run = own()
    if run is None and threading.current_thread() is threading.main_thread():
        run = _shared()
    if run is None or run.is_cell or run.cell is current_cell or run.inherited:
        return None
    return run


def find_open(store: Store, run_id: str) -> LiveRun | None:
    """Return the open run of that id, if this process has it open."""
    run = _open.get(run_id)
    return run if run is not None and run.store is store else None


def open_runs() -> list[LiveRun]:
    """Return the runs this process opened and has not ended, innermost first."""
    return list(reversed(_open.values()))


def attach(run: LiveRun) -> None:
    """Make `run` the innermost run of this context."""
    run.outer = own()
    _open[run.run_id] = run
    context_run.set(run)
    _tell_workers(store=run.store.uri)


def detach(run: LiveRun) -> None:
    """Close `run`: nobody logs to it any more without naming it."""
    run.ended = True
    run.inherited = False
    run.prefixes.clear()
    _open.pop(run.run_id, None)
    if context_run.get() is run and run.outer is not None:
        context_run.set(run.outer)
    _tell_workers()


def set_current_cell(token: object | None) -> None:
    """Say which cell execution is under way; any object that is new for each one."""
    global current_cell  # noqa: PLW0603 (a process executes one cell at a time)
    current_cell = token


def cell_token() -> object | None:
    """Return the token of the cell execution under way."""
    return current_cell


def set_cell_run(run: LiveRun | None) -> None:
    """Make `run` the run of the cell under way; None when the cell is over.

    To be called in the cell's own context. The run is not ended by this.
    """
    global _cell_run
    previous, _cell_run = _cell_run, run
    if previous is not None:
        detach(previous)
    if run is not None:
        run.is_cell = True
        attach(run)


def _of_thread() -> LiveRun | None:
    """Return the run of the cell that began this thread, once that cell is over."""
    return _threads.get(threading.current_thread()) if _threads else None


def _shared() -> LiveRun | None:
    """Return the run of this process for those whose context knows none."""
    runs = [run for run in list(_open.values()) if run.in_main or run.is_cell]
    if _cell_run is not None:
        runs = [run for run in runs if _is_within(run, _cell_run)]
    outer = {id(run.outer) for run in runs}
    innermost = [run for run in runs if id(run) not in outer]
    return innermost[0] if len(innermost) == 1 else _cell_run


def _is_within(run: LiveRun | None, outer: LiveRun) -> bool:
    while run is not None and run is not outer:
        run = run.outer
    return run is outer


def _of_parent() -> LiveRun | None:
    """Return the open run of the process that started this one."""
    global _from_parent  # noqa: PLW0603 (a process has one parent)
    facts = inherit.parent_facts()
    if facts is None or facts.get("run_id") is None:
        return None
    from celltrail.tracking.location import current_store, store_at

    run_id, uri = str(facts["run_id"]), str(facts["run_store"])
    known = _from_parent
    if known is None or known.run_id != run_id or known.store.uri != uri:
        known = LiveRun(store_at(uri), run_id, str(facts["run_experiment_id"]))
        known.inherited, known.is_cell = True, bool(facts.get("in_cell"))
        _from_parent = known
    return known if known.store is current_store() else None


def _tell_workers(**changes: str) -> None:
    run = _shared()
    inherit.publish(
        **changes,
        run_id=run.run_id if run else None,
        run_store=run.store.uri if run else None,
        run_experiment_id=run.experiment_id if run else None,
        in_cell=run.is_cell if run else False,
        open=list(_open),
    )


def _is_open_in_parent(run: LiveRun) -> bool:
    """Whether a run that came through a fork has not been ended by its owner."""
    if not run.inherited:
        return False
    facts = inherit.parent_facts()
    return facts is not None and run.run_id in facts.get("open", ())


def _after_fork() -> None:
    """Look at the parent's runs with a worker's eyes: only the parent ends them."""
    global _cell_run  # noqa: PLW0603 (a process executes one cell at a time)
    for run in _open.values():
        run.inherited = run.ended = True
        run.prefixes.clear()
    _open.clear()
    _cell_run = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
