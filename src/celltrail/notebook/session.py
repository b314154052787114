"""The life of a notebook's cells: each extends the trail, some are runs.

IPython calls `before` and `after` around every cell; the statement that `transform`
puts in the place of ``%%track`` calls `begin`. What is nested (a cell magic that
executes its body as a cell) makes a stack, one in each thread: a front end may execute
cells on subshells beside the main one.
"""

from __future__ import annotations

import itertools
import linecache
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from celltrail.notebook.capture import (
    Captured,
    Memory,
    Recorder,
    analyse,
    collect,
    learn,
)
from celltrail.notebook.execution import Execution, Outcome
from celltrail.notebook.guard import Guard, usage_errors
from celltrail.notebook.options import TrackOptions, track_options
from celltrail.notebook.place import notebook_name, notebook_path
from celltrail.notebook.previous import PreviousRuns
from celltrail.notebook.transform import BEGIN
from celltrail.settings import load_settings
from celltrail.store import events
from celltrail.tracking import active
from celltrail.tracking.location import current_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celltrail.notebook.capture.modules import LocalModules
    from celltrail.notebook.cell_run import CellRun
    from celltrail.store import Store

__all__ = ["Session"]

_LOOK_BACK = 100
_numbers = itertools.count(1)
_INTERRUPTED = Outcome("KILLED", "Interrupted")


class Session:
    """What celltrail does in one shell.

    Parameters
    ----------
    shell
        The IPython shell.

    Attributes
    ----------
    automatic
        Whether ``%track on`` holds.
    costs
        Seconds that each of the last tracked cells has paid for it.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.automatic = False
        self.guard = Guard()
        self.previous = PreviousRuns()
        self.costs: deque[float] = deque(maxlen=100)
        self.cells = 0
        self.runs = 0
        self._memory = Memory()
        self._recorder = Recorder(shell)
        self._local = threading.local()
        self._kept_texts: set[tuple[str, str]] = set()
        self._experiments: dict[tuple[str, str], str] = {}
        self._modules: LocalModules | None = None

    @property
    def store(self) -> Store:
        """The store in use."""
        return current_store()

    @property
    def notebook(self) -> str | None:
        """The notebook as the store names it."""
        return notebook_name(notebook_path(self.shell.user_ns), self.store.path.parent)

    def look_back(self) -> None:
        """Learn from the cells executed before the extension was loaded."""
        for code in self.shell.history_manager.input_hist_raw[-_LOOK_BACK:]:
            learn(analyse(code), self.shell.user_ns, self._memory)

    def before(self, info: Any) -> None:
        """Take note of a cell that is about to be executed."""
        clock = time.perf_counter()
        with self.guard.protecting("This cell will not be recorded"):
            stack = self._stack()
            if stack and getattr(info, "store_history", False):
                self._close(stack, _INTERRUPTED)
            execution = Execution(info, is_nested=bool(stack), trips=self.guard.trips)
            if execution.is_kept:
                execution.count = self.shell.execution_count - 1
            stack.append(execution)
            if len(stack) == 1:
                self.guard.next_cell()
                self._begin_cell(execution)
            if execution.is_marked or (self.automatic and len(stack) == 1):
                self._listen(execution)
            execution.cost += time.perf_counter() - clock

    def begin(self, line: str) -> None:
        """Begin the run of the cell under way; what ``%%track`` is executed as.

        Raises
        ------
        UsageError
            When the line cannot be understood: the cell stops here.
        """
        clock = time.perf_counter()
        _show_line(line)
        options = track_options(line)
        execution = self._current()
        if execution is None or execution.run is not None:
            return
        with self.guard.protecting("This cell is not recorded as a run"):
            self._open(execution, options)
        execution.cost += time.perf_counter() - clock

    def after(self, result: Any) -> None:
        """End what the cell was recorded as; None: its ``await`` was cancelled."""
        stack = self._stack()
        info = getattr(result, "info", None)
        if info is not None and not any(each.is_of(info) for each in stack):
            return  # it began before the extension was there
        while info is not None and not stack[-1].is_of(info):
            self._end(stack.pop(), _INTERRUPTED)
        if stack:
            self._end(stack.pop(), Outcome.of(result, self.shell.user_ns))

    def experiment_id(self, name: str) -> str:
        """Return the id of the experiment of that name, made if there is none."""
        from celltrail.store.query import queries
        from celltrail.tracking import experiment_core

        store = self.store
        key = (store.uri, name)
        if key not in self._experiments:
            found = queries.get_experiment_by_name(store, name)
            self._experiments[key] = (
                found.experiment_id if found else experiment_core.create(store, name)
            )
        return self._experiments[key]

    def close(self) -> None:
        """Let go of the cell under way, whose end nobody will tell any more."""
        self._close(self._stack(), Outcome("FINISHED"))
        active.cell_opener = None
        active.set_current_cell(None)

    def _stack(self) -> list[Execution]:
        if not hasattr(self._local, "stack"):
            self._local.stack = []
        stack: list[Execution] = self._local.stack
        return stack

    def _current(self) -> Execution | None:
        stack = self._stack()
        return stack[-1] if stack else None

    def _close(self, stack: list[Execution], outcome: Outcome) -> None:
        while stack:
            self._end(stack.pop(), outcome)

    def _begin_cell(self, execution: Execution) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        active.set_current_cell(execution)
        active.cell_opener = self._opener(execution) if self.automatic else None

    def _opener(self, execution: Execution) -> Any:
        def open_run() -> None:
            if execution.run is None:
                with self.guard.protecting("This cell is not recorded as a run"):
                    self._open(execution, TrackOptions())

        return open_run

    def _listen(self, execution: Execution) -> None:
        """Begin to capture what a cell measures, prints and displays."""
        from celltrail.notebook.capture.output import OutputTap

        self._recorder.begin()
        execution.is_recording = True
        execution.tap = OutputTap(self.shell)
        execution.tap.start()

    def _open(self, execution: Execution, options: TrackOptions) -> None:
        from celltrail.notebook.cell_run import CellRun

        if execution.tap is None and options.capture:
            self._listen(execution)
        store = self.store
        name = options.experiment
        facts = {"notebook": self.notebook, "session": store.session_id}
        with usage_errors():
            experiment_id = self.experiment_id(name) if name else None
            execution.run = CellRun(
                store, execution, options, experiment_id=experiment_id, facts=facts
            )

    def _end(self, execution: Execution, outcome: Outcome) -> None:
        execution.stop_clocks()
        clock = time.perf_counter()
        try:
            with self.guard.protecting("This cell was not recorded in full"):
                captured = self._stop_listening(execution, outcome)
                if self._becomes_run(execution, captured):
                    self._open(execution, TrackOptions())
                if execution.run is not None:
                    self._end_run(execution, execution.run, outcome, captured, clock)
        finally:
            # Whatever failed, the next cell begins without this one's run.
            with self.guard.protecting("The end of this cell was not recorded"):
                if execution.run is not None:
                    execution.run.close(outcome.status)
            if not self._stack() and active.cell_token() is execution:
                active.set_current_cell(None)
                active.cell_opener = None
        with self.guard.protecting("This cell is not in the trail"):
            if execution.is_kept:
                self._extend_trail(execution, outcome)

    def _stop_listening(self, execution: Execution, outcome: Outcome) -> Captured:
        if execution.tap is not None:
            execution.output = execution.tap.stop()
        records = self._recorder.end() if execution.is_recording else []
        return self._collect(execution, outcome, records)

    def _collect(
        self, execution: Execution, outcome: Outcome, records: Iterable[Any]
    ) -> Captured:
        run = execution.run
        plan = analyse(execution.raw)
        names = self.shell.user_ns
        found = collect(
            plan,
            names,
            list(records),
            self._memory,
            printed=execution.output.stdout if execution.output else "",
            failed_line=outcome.line,
        )
        if run is not None and not run.options.capture:
            return Captured()
        return found

    def _becomes_run(self, execution: Execution, captured: Captured) -> bool:
        return (
            self.automatic
            and execution.run is None
            and execution.is_recording
            and bool(captured.metrics or captured.curves)
        )

    def _end_run(
        self,
        execution: Execution,
        run: CellRun,
        outcome: Outcome,
        captured: Captured,
        clock: float,
    ) -> None:
        from celltrail.notebook.ending import end_run, show_card

        modules = self._local_modules()
        ended = end_run(
            self.shell, execution, run, outcome, captured=captured, modules=modules
        )
        self.runs += 1
        options = run.options
        known = (execution.cell_id, options.name, execution.code)
        before = self.previous.find(*known)
        self.previous.remember(ended, *known)
        quiet = options.quiet or load_settings().quiet
        if self.guard.trips == execution.trips and not quiet:
            show_card(run, ended, before)
        execution.cost += time.perf_counter() - clock
        self.costs.append(execution.cost)

    def _local_modules(self) -> LocalModules:
        from celltrail.notebook.capture.modules import LocalModules

        if self._modules is None:
            self._modules = LocalModules(self.store.path.parent)
        return self._modules

    def _extend_trail(self, execution: Execution, outcome: Outcome) -> None:
        store = self.store
        digest = events.text_digest(execution.code)
        lines = []
        if (store.session_id, digest) not in self._kept_texts:
            lines.append(events.text_blob(execution.code)[1])
            self._kept_texts.add((store.session_id, digest))
        facts = {
            "cell_id": execution.cell_id,
            "execution_count": execution.count,
            "notebook": self.notebook,
            "code": digest,
            "status": outcome.status,
            "start": execution.started,
            "duration": execution.seconds,
        }
        run_id = execution.run.live.run_id if execution.run else None
        lines.append(events.cell(run_id, next(_numbers), facts))
        store.journal.append(b"".join(lines))
        self.cells += 1


def _show_line(line: str) -> None:
    """Let tracebacks show what the user wrote, as a comment, in place of `BEGIN`."""
    frame = sys._getframe(2)  # noqa: SLF001 - the cell
    entry = linecache.cache.get(frame.f_code.co_filename)
    if entry is None or len(entry) == 1:
        return
    row = frame.f_lineno - 1
    rows = entry[2]
    if row < len(rows) and rows[row].startswith(BEGIN):
        rows[row] = f"# %%track {line}\n"
