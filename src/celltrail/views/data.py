"""What the views are given besides the records themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.entities import Experiment, FileInfo, Run

__all__ = ["ExperimentRow", "MetricStats", "RunDetails", "Status"]


@dataclass(frozen=True)
class MetricStats:
    """What the store keeps beside a metric's latest value."""

    step: int
    min: float
    max: float
    count: int


@dataclass(frozen=True)
class RunDetails:
    """A run with what lies outside its row; what is left out is not shown.

    Parameters
    ----------
    run
        The run itself.
    experiment
        The name of its experiment.
    code, packages, git_diff
        The texts behind the digests in ``run.data.context``; packages one a line,
        ``name==version``.
    stats, curves
        By metric: step, min, max, count; the values in the order of their steps.
    artifacts, children
        The files and the nested runs.
    earlier_params
        By param: the values it had before it was logged again, oldest first.
    """

    run: Run
    experiment: str = ""
    code: str = ""
    packages: str = ""
    git_diff: str = ""
    stats: Mapping[str, MetricStats] = field(default_factory=dict)
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    artifacts: Sequence[FileInfo] = ()
    children: Sequence[Run] = ()
    earlier_params: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ExperimentRow:
    """An experiment with what is counted for it; `last_start` in ms since 1970."""

    experiment: Experiment
    runs: int
    last_start: int | None = None
    current: bool = False


@dataclass(frozen=True)
class Status:
    """What is on, where the store is, what it costs.

    Parameters
    ----------
    store
        The path or address of the store.
    experiment
        The name of the experiment that new runs go to.
    runs
        How many runs the store has.
    automatic
        Whether ``%track on`` makes runs of cells by itself.
    session_runs, session_cells
        How many runs and executed cells this session has.
    active_run
        The name of the run that is open now.
    size
        Bytes of the store on disk.
    seconds_per_cell
        What celltrail added to a tracked cell, in the middle.
    notes
        Anything else worth a line.
    """

    store: str
    experiment: str
    runs: int
    automatic: bool = False
    session_runs: int = 0
    session_cells: int = 0
    active_run: str = ""
    size: int | None = None
    seconds_per_cell: float | None = None
    notes: Sequence[str] = ()
