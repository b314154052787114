"""The run card: the one line a tracked cell ends with, and what it unfolds to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.views.blocks import Column, Fold, Line, Spark, Table, code, user
from celltrail.views.changes import metric_changes, param_changes
from celltrail.views.format import moment, number, size
from celltrail.views.phrases import (
    lasted,
    mark,
    measured,
    metric_change,
    named,
    param_change,
    value_of,
)
from celltrail.views.texts import count_of, short_id
from celltrail.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from celltrail.entities import Run
    from celltrail.views.blocks import Block, Pieces
    from celltrail.views.changes import MetricChange, ParamChange
    from celltrail.views.data import RunDetails

__all__ = ["card"]

_PARAMS_IN_LINE, _METRICS_IN_LINE = 3, 4
_ROWS = 10


def card(
    details: RunDetails, *, previous: Run | None = None, warnings: Sequence[str] = ()
) -> View:
    """Return the card of a run that has ended.

    Parameters
    ----------
    details
        The run, with its curves and artifacts.
    previous
        The last execution of the same cell, which the run is compared with.
    warnings
        What the user should know about the recording of this run.

    Examples
    --------
    >>> from celltrail.entities import Run, RunData, RunInfo
    >>> from celltrail.views.data import RunDetails
    >>> info = RunInfo("0199" * 8, "svc", "0", "eva", "FINISHED", 0, 1500, "active", "")
    >>> print(card(RunDetails(Run(info, RunData(metrics={"auc": 0.91})))))
    ✓ svc finished in 1.5 s · auc 0.91
      %trail show 019901990199
    """
    params = param_changes(details.run, previous)
    metrics = metric_changes(details.run, previous)
    summary = [_headline(details.run), *_params_in_line(params, details.run, previous)]
    summary += _metrics_in_line(metrics)
    if warnings:
        summary.append(count_of(len(warnings), "warning"))
    notes = [Line((("Warning: ", user(warning, 300)),)) for warning in warnings]
    blocks: list[Block] = [*_error(details.run), *notes]
    blocks += _params(params, previous)
    blocks += _metrics(metrics, details, previous)
    blocks += _values(details.run)
    blocks += _artifacts(details)
    blocks.append(_reach(details.run, previous))
    text = [*notes, Line((code(f"%trail show {short_id(details.run.info.run_id)}"),))]
    return View([Fold(tuple(summary), blocks, text)])


def _headline(run: Run) -> Pieces:
    word = run.info.status.lower()
    time = lasted(run)
    joint = " in " if run.info.status == "FINISHED" else " after "
    ending = f"{joint}{time}" if time else ""
    return mark(run), " ", named(run, strong=True), f" {word}{ending}"


def _params_in_line(
    params: list[ParamChange], run: Run, previous: Run | None
) -> list[Pieces]:
    if previous is None:
        return []
    changed = [change for change in params if change.changed]
    if not changed:
        same_code = run.data.context.get("code") == previous.data.context.get("code")
        return [] if same_code else ["code changed"]
    parts: list[Pieces] = [param_change(one) for one in changed[:_PARAMS_IN_LINE]]
    return parts + _rest(len(changed) - _PARAMS_IN_LINE, "changed param")


def _metrics_in_line(metrics: list[MetricChange]) -> list[Pieces]:
    parts: list[Pieces] = [measured(change) for change in metrics[:_METRICS_IN_LINE]]
    return parts + _rest(len(metrics) - _METRICS_IN_LINE, "metric")


def _rest(number_left: int, noun: str) -> list[Pieces]:
    return [f"{count_of(number_left, f'more {noun}')}"] if number_left > 0 else []


def _error(run: Run) -> list[Block]:
    error = run.data.context.get("error")
    return [Line((("Error: ", user(error, 300)),))] if error else []


def _params(params: list[ParamChange], previous: Run | None) -> list[Block]:
    if not params:
        return []
    columns = [Column("param"), Column("value", wraps=True)]
    if previous is not None:
        columns.append(Column("last time", wraps=True))
    rows = [
        (user(one.key, 40), value_of(one.after), value_of(one.before))[: len(columns)]
        for one in params[:_ROWS]
    ]
    return [Table("", columns, rows), *_more(len(params), "param")]


def _metrics(
    metrics: list[MetricChange], details: RunDetails, previous: Run | None
) -> list[Block]:
    if not metrics:
        return []
    shown = metrics[:_ROWS]
    columns = [Column("metric"), Column("value", right=True)]
    rows: list[list[Pieces]] = [[user(one.key, 40), number(one.after)] for one in shown]
    if previous is not None:
        columns.append(Column("since last time"))
        for row, one in zip(rows, shown, strict=True):
            row.append(metric_change(one) or "new")
    if any(len(details.curves.get(one.key, ())) > 1 for one in shown):
        columns.append(Column("curve"))
        for row, one in zip(rows, shown, strict=True):
            row.append(_curve(details, one.key))
    return [Table("", columns, rows), *_more(len(metrics), "metric")]


def _curve(details: RunDetails, key: str) -> Pieces:
    values = details.curves.get(key, ())
    return Spark(key, values) if len(values) > 1 else ""


def _more(total: int, noun: str) -> list[Block]:
    return [Line(tuple(_rest(total - _ROWS, noun)))] if total > _ROWS else []


def _values(run: Run) -> list[Block]:
    values = run.data.values
    if not values:
        return []
    columns = [Column("name"), Column("value", wraps=True)]
    rows = [(user(key, 40), value_of(text)) for key, text in values.items()]
    return [
        Fold((count_of(len(values), "other value"),), [Table("", columns, rows[:100])])
    ]


def _artifacts(details: RunDetails) -> list[Block]:
    files = [item for item in details.artifacts if not item.is_dir]
    if not files:
        return []
    parts: list[Pieces] = [
        (user(item.path), f" ({size(item.file_size or 0)})") for item in files[:_ROWS]
    ]
    parts += _rest(len(files) - _ROWS, "artifact")
    return [Line((count_of(len(files), "artifact"), *parts))]


def _reach(run: Run, previous: Run | None) -> Line:
    own = short_id(run.info.run_id)
    parts: list[Pieces] = [
        f"started {moment(run.info.start_time)}",
        ("run ", code(run.info.run_id)),
        code(f"%trail show {own}"),
    ]
    if previous is not None:
        other = short_id(previous.info.run_id)
        parts.append(code(f"%trail compare {other} {own}"))
    return Line(tuple(parts))
