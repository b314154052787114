"""The end of a tracked cell: everything is written down, and the card is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrail.notebook.facts import cost_facts, module_facts
from celltrail.notebook.outputs import keep_output
from celltrail.views import card

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.notebook.capture import Captured
    from celltrail.notebook.capture.modules import LocalModules
    from celltrail.notebook.cell_run import CellRun
    from celltrail.notebook.execution import Execution, Outcome

__all__ = ["end_run", "show_card"]


def end_run(
    shell: Any,
    execution: Execution,
    run: CellRun,
    outcome: Outcome,
    *,
    captured: Captured,
    modules: LocalModules,
) -> Run:
    """Write what a cell yielded into its run, and end that; return it as it is now."""
    if execution.output is not None and run.options.capture:
        keep_output(run.live, execution.output, outcome.traceback)
    facts = {**cost_facts(execution), **module_facts(modules.digests())}
    return run.end(outcome, captured, shell.user_ns, facts)


def show_card(run: CellRun, ended: Run, before: Run | None) -> None:
    """Display what became of a run, beside its cell's last execution."""
    from IPython.display import display

    display(card(run.details(ended), previous=before, warnings=run.warnings))
