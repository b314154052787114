"""After a cell: the metrics, curves and values it yielded."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Any

from celltrail.notebook.capture.plain import (
    flatten,
    instance_dict,
    is_key,
    number,
    numbers,
    plain,
)
from celltrail.notebook.capture.printed import printed_metrics
from celltrail.notebook.capture.vocabulary import (
    CONTAINERS,
    is_metric_name,
    singular,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from celltrail.notebook.capture.plan import Assigned, CellPlan
    from celltrail.notebook.capture.recorder import Record

__all__ = ["Results", "collect_results"]

_MOST_LEAVES = 50
_LONGEST_CHOICE = 100
_CHOICES = frozenset({"best", "chosen", "final", "optimal", "selected"})
_NOT_LEAVES = frozenset(
    {
        "duration",
        "elapsed",
        "epoch",
        "iteration",
        "runtime",
        "second",
        "seconds",
        "step",
        "support",
        "time",
        "timestamp",
    }
)
_CURVE_ENDING = re.compile(
    r"(_(history|hist|list|curve|values|arr|per_epoch|trace))+$|^(history|list_of)_"
)


@dataclass(slots=True)
class Results:
    """What a cell yielded; `sources` are the names it was taken from."""

    metrics: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    seen: list[float] = field(default_factory=list)

    def add_series(self, name: str, points: list[float], *, folded: bool) -> None:
        """Keep numbers as mean and deviation over folds, or as a curve."""
        if not points:
            return
        self.seen += points
        if folded:
            self.metrics[f"{name}_mean"] = fmean(points)
            finite = all(math.isfinite(point) for point in points)
            self.metrics[f"{name}_std"] = pstdev(points) if finite else math.nan
        elif len(points) == 1:
            self.metrics[name] = points[0]
        else:
            self.metrics.pop(name, None)
            self.curves[name] = points

    def has(self, name: str) -> bool:
        """Return whether a metric or a curve has the name."""
        return name in self.metrics or name in self.curves


def collect_results(
    plan: CellPlan,
    namespace: Mapping[str, Any],
    records: Sequence[Record],
    params: Mapping[str, Mapping[str, Any]],
    *,
    printed: str,
    failed_line: int,
) -> Results:
    """Return the metrics, curves and values of an executed cell."""
    results = Results()
    loops = {r.site.name: r for r in records if r.site.assigned}
    scalars: list[tuple[Assigned, float]] = []
    for assigned in plan.assigned:
        if assigned.name in params or assigned.line >= failed_line:
            continue
        value = namespace.get(assigned.name)
        one = number(value)
        if one is None:
            _compound(results, assigned, value)
        else:
            scalars.append((assigned, one))
    for assigned, one in scalars:
        results.seen.append(one)
        if not _is_passing(results, assigned, stepped=plan.stepped):
            _scalar(results, assigned, one, loops.get(assigned.name))
    for record in records:
        if not record.site.assigned:
            _recorded(results, record)
    for name, points in printed_metrics(
        printed, _known(results, records, params)
    ).items():
        if not results.has(name):
            results.add_series(name, points, folded=False)
    return results


def _known(
    results: Results,
    records: Sequence[Record],
    params: Mapping[str, Mapping[str, Any]],
) -> Iterator[float]:
    yield from results.metrics.values()
    yield from results.seen
    for known in (results.values, *params.values()):
        yield from (v for v in known.values() if isinstance(v, int | float))
    for record in records:
        yield from record.points


def _is_passing(results: Results, assigned: Assigned, *, stepped: bool) -> bool:
    """Return whether a name of a loop only passes its value on to another name."""
    if not assigned.looped:
        return False
    kept_elsewhere = results.sources.intersection(assigned.stored_in)
    return bool(kept_elsewhere) or (assigned.copied and not stepped)


def _scalar(
    results: Results, assigned: Assigned, value: float, record: Record | None
) -> None:
    name = assigned.name
    if not (assigned.measured or is_metric_name(name)):
        if assigned.single:
            results.values[name] = value
        return
    results.sources.add(name)
    if record is not None and record.seen > 1:
        results.add_series(name, record.points, folded=record.site.folded)
    elif not results.has(name):
        results.metrics[name] = value


def _compound(results: Results, assigned: Assigned, value: Any) -> None:
    kind = type(value)
    many = numbers(value) if kind is list or assigned.measured else None
    if many is not None:
        _series(results, assigned, many, is_array=kind is not list)
    elif kind is list:
        _rows(results, assigned, value)
    elif (table := _table(value)) is not None:
        if _leaves(results, assigned.name, table, measured=assigned.measured):
            results.sources.add(assigned.name)
    elif assigned.fitted:
        history = instance_dict(value).get("history")
        if type(history) is dict:
            _leaves(results, "history", history, measured=False)
    elif assigned.single and _is_value(assigned.name, plain(value)):
        results.values[assigned.name] = plain(value)


def _is_value(name: str, value: Any) -> bool:
    """Return whether what is no number is worth keeping: flags and choices made."""
    if type(value) is str:
        return _is_choice(name) and len(value) <= _LONGEST_CHOICE
    return type(value) is bool


def _is_choice(name: str) -> bool:
    return words(name)[:1] != () and words(name)[0] in _CHOICES


def _series(
    results: Results, assigned: Assigned, points: list[float], *, is_array: bool
) -> None:
    name = _curve_name(assigned.name)
    if assigned.measured or is_metric_name(name):
        folds = (is_array and assigned.measured) or assigned.folded
        results.add_series(name, points, folded=folds)
        results.sources.add(assigned.name)


def _rows(results: Results, assigned: Assigned, rows: list[Any]) -> None:
    """Take the metrics of a list of dicts, one row for each thing that was tried."""
    if not 0 < len(rows) <= _MOST_LEAVES or any(type(row) is not dict for row in rows):
        return
    for key in rows[0]:
        if type(key) is not str or not is_metric_name(key) or not _is_leaf((key,)):
            continue
        points = numbers([row.get(key) for row in rows])
        if points:
            results.add_series(key, points, folded=assigned.folded)
            results.sources.add(assigned.name)


def _curve_name(name: str) -> str:
    """Return the metric a list is of: val_losses → val_loss, cost_history → cost."""
    stem = _CURVE_ENDING.sub("", name) or name
    head, _, last = stem.rpartition("_")
    last = singular(last)
    return f"{head}_{last}" if head else last


def _table(value: Any) -> dict[Any, Any] | None:
    """Return a dict, a Series with texts as labels, or a one-row frame as a dict."""
    kind = type(value)
    if kind is dict:
        return value if len(value) <= _MOST_LEAVES else None
    if kind.__module__.partition(".")[0] != "pandas":
        return None
    if kind.__name__ == "Series" and len(value) <= _MOST_LEAVES:
        table = value.to_dict()
        return table if all(type(key) is str for key in table) else None
    if kind.__name__ == "DataFrame" and value.shape[0] == 1:
        narrow = value.shape[1] <= _MOST_LEAVES
        return value.to_dict("records")[0] if narrow else None
    return None


def _leaves(
    results: Results, name: str, table: dict[Any, Any], *, measured: bool
) -> bool:
    """Take the metrics out of a table of results; return whether there were any."""
    container = measured or _is_container(name)
    leaves = [(path, value) for path, value in _walk(table) if _is_leaf(path)]
    if not container and not any(is_metric_name(str(p[-1])) for p, _ in leaves):
        if _is_choice(name):
            results.values.update(flatten(name, table))
        return False
    scalars_only = all(number(value) is not None for _path, value in _walk(table))
    before = len(results.metrics) + len(results.curves)
    for path, value in leaves:
        key = ".".join(str(part) for part in path)
        if is_metric_name(str(path[-1])):
            taken = results.has(key) and results.metrics.get(key) != number(value)
            _leaf(results, f"{name}.{key}" if taken else key, value, folded=measured)
        elif container and scalars_only:
            _leaf(results, f"{name}.{key}", value, folded=measured)
    return len(results.metrics) + len(results.curves) > before


def _walk(
    table: dict[Any, Any], path: tuple[Any, ...] = ()
) -> list[tuple[tuple[Any, ...], Any]]:
    found: list[tuple[tuple[Any, ...], Any]] = []
    for key, value in table.items():
        if not is_key(key):
            continue
        if type(value) is dict and len(path) < 3:  # noqa: PLR2004
            found += _walk(value, (*path, key))
        else:
            found.append(((*path, key), value))
    return found[:_MOST_LEAVES]


def _is_leaf(path: tuple[Any, ...]) -> bool:
    return not _NOT_LEAVES.intersection(words(str(path[-1])))


def _is_container(name: str) -> bool:
    return is_metric_name(name) or any(singular(w) in CONTAINERS for w in words(name))


def _leaf(results: Results, key: str, value: Any, *, folded: bool) -> None:
    one = number(value)
    if one is not None:
        results.metrics[key] = one
        return
    many = numbers(value)
    if many is not None:
        results.add_series(key, many, folded=folded and type(value) is not list)


def _recorded(results: Results, record: Record) -> None:
    site = record.site
    if site.is_value:
        found = {site.name: record.points[-1]} if record.points else {}
        compound = record.compound
        results.values.update(flatten(site.name, compound) if compound else found)
        return
    if results.has(site.name) or results.sources & site.depends:
        return
    if type(record.compound) is dict:
        _leaves(results, site.name, record.compound, measured=True)
    elif record.compound is not None:
        results.add_series(site.name, record.compound, folded=True)
    else:
        results.add_series(site.name, record.points, folded=site.folded)
