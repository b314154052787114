"""From a cell's text to its plan: the candidates for params, metrics and values."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from celltrail.notebook.capture.arguments import (
    arguments_of,
    function_of,
    invocation_of,
)
from celltrail.notebook.capture.constants import MISSING, constant_needs, literal
from celltrail.notebook.capture.plan import Assigned, CellPlan, Constant
from celltrail.notebook.capture.scan import Scan
from celltrail.notebook.capture.shapes import called, callee
from celltrail.notebook.capture.source import parse
from celltrail.notebook.capture.vocabulary import (
    TIMERS,
    is_data_name,
    is_metric_call,
    is_metric_name,
    words,
)

if TYPE_CHECKING:
    from celltrail.notebook.capture.plan import Argument
    from celltrail.notebook.capture.scan import Binding

__all__ = ["analyse"]

_NOTHING = CellPlan()
_GOALS = frozenset({"desired", "expected", "goal", "max", "min", "required", "target"})
_STEPS = frozenset({"epoch", "iteration", "step"})


@lru_cache(maxsize=256)
def analyse(code: str) -> CellPlan:
    """Return what may be captured from a cell; an empty plan for what is not Python.

    Examples
    --------
    >>> analyse("lr = 10**-3").constants[0].name
    'lr'
    """
    tree = parse(code)
    if tree is None:
        return _NOTHING
    scan = Scan()
    try:
        scan.visit(tree)
        return _plan(scan)
    except RecursionError:
        return _NOTHING


def _plan(scan: Scan) -> CellPlan:
    constants = [
        constant
        for name, binding in scan.bindings.items()
        if (constant := _constant(scan, name, binding)) is not None
    ]
    functions = {f.name: f for node in scan.functions if (f := function_of(node))}
    invocations = [i for call in scan.calls if (i := invocation_of(call.node))]
    return CellPlan(
        constants=tuple(constants),
        arguments=_arguments(scan),
        invocations=tuple(invocations),
        classes=tuple(node.name for node in scan.classes if _is_configuration(node)),
        assigned=_assigned(scan),
        functions=functions,
        loads=frozenset(scan.loads),
        bound=frozenset(scan.bindings),
        lines={name: binding.line for name, binding in scan.bindings.items()},
        stepped=any(_STEPS.intersection(words(name)) for name in scan.loop_names),
    )


def _arguments(scan: Scan) -> tuple[Argument, ...]:
    return tuple(
        argument
        for call in scan.calls
        for argument in arguments_of(call.node, call.targets)
    )


def _is_hidden(scan: Scan, name: str) -> bool:
    """Return whether a name is private or serves only plots."""
    return name.startswith("_") or (name in scan.plot_loads and name not in scan.loads)


def _constant(scan: Scan, name: str, binding: Binding) -> Constant | None:
    value = binding.value
    once = binding.count == 1 and not (binding.looped or binding.unpacked)
    if value is None or not once or isinstance(value, ast.Name):
        return None
    if name in scan.mutated or _is_hidden(scan, name) or _is_empty(value):
        return None
    if _is_sequence(value) and (is_data_name(name) or is_metric_name(name)):
        return None
    needs = constant_needs(value)
    extra = [constant_needs(item) for item in scan.items.get(name, ())]
    if needs is None or None in extra:
        return None
    worth = MISSING if extra else literal(value)
    if is_metric_name(name) and not _is_setting(name, worth):
        return None
    return Constant(name, needs.union(*[n for n in extra if n]), worth)


def _is_setting(name: str, worth: object) -> bool:
    """Return whether a constant with a metric's name is set, not measured.

    ``loss = "mse"``, ``precision = 16`` and ``target_loss = 0.1`` are; ``loss = 0.1``,
    ``loss = 2 * lr`` are not.
    """
    if worth is MISSING:
        return False
    return not isinstance(worth, float) or not _GOALS.isdisjoint(words(name))


def _is_empty(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return not value.args and not value.keywords
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.List | ast.Tuple | ast.Set) and not value.elts


def _is_sequence(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        name = callee(value.func)
        return bool(name) and name[-1] in {"array", "list", "tuple"}
    return isinstance(value, ast.List | ast.Tuple | ast.Set)


def _is_configuration(node: ast.ClassDef) -> bool:
    """Return whether a class only holds constants: ``class CFG: seed = 42``."""
    if node.bases or node.decorator_list or node.name.startswith("_"):
        return False
    fields = [s for s in node.body if not _is_remark(s)]
    return bool(fields) and all(
        isinstance(s, ast.Assign | ast.AnnAssign)
        and s.value is not None
        and constant_needs(s.value) is not None
        for s in fields
    )


def _is_remark(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _assigned(scan: Scan) -> tuple[Assigned, ...]:
    measured, fitted = _targets(scan)
    timers = _timers(scan)
    stored = _stored(scan)
    return tuple(
        Assigned(
            name=name,
            line=binding.line,
            measured=name in measured,
            single=_is_single(binding) and not _is_hidden(scan, name),
            looped=binding.looped,
            folded=binding.folded or name in scan.folded,
            fitted=name in fitted,
            copied=name in scan.copied,
            stored_in=tuple(stored.get(name, ())),
        )
        for name, binding in scan.bindings.items()
        if not (binding.augmented or name in timers or name in scan.loop_names)
        and not isinstance(binding.value, ast.Name | None)
        and not name.startswith("_")
    )


def _is_single(binding: Binding) -> bool:
    return binding.count == 1 and not binding.looped


def _targets(scan: Scan) -> tuple[set[str], set[str]]:
    """Return the names that measuring calls and ``.fit`` calls go to."""
    measured: set[str] = set()
    fitted: set[str] = set()
    for call in scan.calls:
        name = called(call.node)
        if is_metric_call(name, method=isinstance(call.node.func, ast.Attribute)):
            measured.update(call.targets)
        elif name == "fit":
            fitted.update(call.targets)
    return measured, fitted


def _timers(scan: Scan) -> set[str]:
    """Return the names that hold times, or what is computed from such."""
    found: set[str] = set()
    for call in scan.calls:
        if called(call.node) in TIMERS:
            found.update(call.targets)
    if not found:
        return found
    for name, binding in scan.bindings.items():
        if binding.value is not None and any(
            isinstance(node, ast.Name) and node.id in found
            for node in ast.walk(binding.value)
        ):
            found.add(name)
    return found


def _stored(scan: Scan) -> dict[str, list[str]]:
    stored: dict[str, list[str]] = {}
    for container, values in scan.appended.items():
        for value in values:
            if isinstance(value, ast.Name):
                stored.setdefault(value.id, []).append(container)
    return stored
