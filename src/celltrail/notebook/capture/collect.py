"""After a cell was executed: what it yielded without being asked."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celltrail.notebook.capture.memory import Memory
from celltrail.notebook.capture.metrics import collect_results
from celltrail.notebook.capture.params import (
    argument_params,
    earlier_params,
    named_params,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.notebook.capture.plan import CellPlan
    from celltrail.notebook.capture.recorder import Record

__all__ = ["Captured", "collect", "learn"]

_log = logging.getLogger(__name__)
_NEVER = sys.maxsize


@dataclass(frozen=True, slots=True)
class Captured:
    """What a cell yielded: params and values plain, metrics numbers, curves lists."""

    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def collect(
    plan: CellPlan,
    namespace: Mapping[str, Any],
    records: Sequence[Record] = (),
    memory: Memory | None = None,
    *,
    printed: str = "",
    failed_line: int | None = None,
) -> Captured:
    """Return what an executed cell yielded, and remember it for later cells.

    Parameters
    ----------
    records
        From `Recorder.end`.
    printed
        What the cell wrote to its output, for metrics that functions print.
    failed_line
        The line of the cell that raised, if one did: what is bound from there on
        is left from an earlier execution.

    Examples
    --------
    >>> from celltrail.notebook.capture import analyse
    >>> cell = "lr = 0.1; loss = fit(lr)"
    >>> collect(analyse(cell), {"lr": 0.1, "loss": 0.5}).metrics
    {'loss': 0.5}
    """
    memory = memory if memory is not None else Memory()
    failed = _NEVER if failed_line is None else failed_line
    try:
        params, names = _params(plan, namespace, memory, failed)
        results = collect_results(
            plan, namespace, records, names, printed=printed, failed_line=failed
        )
    except Exception:  # noqa: BLE001 - an odd object must not fail the user's cell
        _log.debug("Could not collect what a cell yielded.", exc_info=True)
        return Captured()
    memory.learn(plan, names)
    return Captured(params, results.metrics, results.curves, results.values)


def learn(plan: CellPlan, namespace: Mapping[str, Any], memory: Memory) -> None:
    """Remember a cell that is not tracked: its params may be used by later cells."""
    try:
        names = named_params(plan, namespace, memory.names, _NEVER)
    except Exception:  # noqa: BLE001 - as in collect
        _log.debug("Could not learn the names of a cell.", exc_info=True)
        return
    memory.learn(plan, names)


def _params(
    plan: CellPlan, namespace: Mapping[str, Any], memory: Memory, failed_line: int
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    named = named_params(plan, namespace, memory.names, failed_line)
    params = {key: value for keys in named.values() for key, value in keys.items()}
    params.update(earlier_params(plan, namespace, memory))
    functions = {**memory.functions, **plan.functions}
    params.update(argument_params(plan, namespace, functions, params))
    return params, named
