"""After a cell: the params it was executed with."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from celltrail.notebook.capture.constants import MISSING
from celltrail.notebook.capture.plain import flatten, is_configuration
from celltrail.notebook.capture.vocabulary import is_argument_noise, is_data_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from celltrail.notebook.capture.memory import Memory
    from celltrail.notebook.capture.plan import Argument, CellPlan, Constant, Function

__all__ = ["argument_params", "earlier_params", "named_params"]

_MOST_ARGUMENTS = 60


def named_params(
    plan: CellPlan, namespace: Mapping[str, Any], known: Iterable[str], failed_line: int
) -> dict[str, dict[str, Any]]:
    """Return the names the cell binds to params, each with its flattened values."""
    found: dict[str, dict[str, Any]] = {}
    names = set(known) - plan.bound
    for constant in plan.constants:
        if constant.needs <= names:
            value = _constant(constant, plan, namespace, failed_line)
            found[constant.name] = flatten(constant.name, value)
            names.add(constant.name)
    for name in (a.name for a in plan.assigned if a.single and a.line < failed_line):
        if name not in found and is_configuration(type(namespace.get(name))):
            found[name] = flatten(name, namespace[name])
    for name in plan.classes:
        found[name] = _class_params(name, namespace)
    return {name: values for name, values in found.items() if values}


def _constant(
    constant: Constant, plan: CellPlan, namespace: Mapping[str, Any], failed_line: int
) -> Any:
    if constant.literal is not MISSING or plan.lines[constant.name] >= failed_line:
        return constant.literal
    return namespace.get(constant.name, MISSING)


def _class_params(name: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    kind = namespace.get(name)
    if not issubclass(type(kind), type):
        return {}
    return flatten(name, {k: v for k, v in vars(kind).items() if k[:1] != "_"})


def earlier_params(
    plan: CellPlan, namespace: Mapping[str, Any], memory: Memory
) -> dict[str, Any]:
    """Return the params of earlier cells that this one uses, as they are now."""
    loads = set(plan.loads)
    for invocation in plan.invocations:
        function = memory.functions.get(invocation.name)
        if function is not None:
            loads |= function.loads
    found: dict[str, Any] = {}
    for name in sorted(loads - plan.bound):
        if name in memory.classes:
            found.update(_class_params(name, namespace))
        elif name in memory.names:
            found.update(flatten(name, namespace.get(name, MISSING)))
    return found


def argument_params(
    plan: CellPlan,
    namespace: Mapping[str, Any],
    functions: Mapping[str, Function],
    taken: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments of the cell's calls under names that do not clash.

    An argument has its own name. Where two calls give the same name different values,
    each is prefixed with its class or function; where even that is the same, with the
    name the result goes to, or numbered.
    """
    entries = list(_entries(plan, namespace, functions))[:_MOST_ARGUMENTS]
    names, owners, targets = _Values(), _Values(), _Values()
    for entry in entries:
        names.add(entry.name, entry.value)
        owners.add((entry.owner, entry.name), entry.value)
        targets.add((entry.target, entry.name), entry.value)
    found: dict[str, Any] = {}
    for entry in entries:
        key = name = entry.name
        clashes = not _same(taken.get(name, entry.value), entry.value)
        if clashes or names.differ(name):
            key = f"{entry.owner}.{name}"
        if owners.differ((entry.owner, name)):
            alone = entry.target and not targets.differ((entry.target, name))
            key = f"{entry.target}.{name}" if alone else _numbered(entry, found)
        found.update(flatten(key, entry.value))
    return found


class _Entry(NamedTuple):
    owner: str
    name: str
    value: Any
    target: str = ""


class _Values(dict[Any, list[Any]]):
    """The different values that stand under each key."""

    def add(self, key: Any, value: Any) -> None:
        values = self.setdefault(key, [])
        if not any(_same(value, other) for other in values):
            values.append(value)

    def differ(self, key: Any) -> bool:
        return len(self[key]) > 1


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def _numbered(entry: _Entry, found: Mapping[str, Any]) -> str:
    key, number = f"{entry.owner}.{entry.name}", 2
    while key in found and not _same(found[key], entry.value):
        key, number = f"{entry.owner}_{number}.{entry.name}", number + 1
    return key


def _entries(
    plan: CellPlan, namespace: Mapping[str, Any], functions: Mapping[str, Function]
) -> Iterator[_Entry]:
    for argument in plan.arguments:
        yield from _argument(argument, namespace)
    for invocation in plan.invocations:
        function = functions.get(invocation.name)
        if function is None:
            continue
        given = dict(zip(function.arguments, invocation.positional, strict=False))
        given.update(invocation.keywords)
        defaults = {} if invocation.spread else function.defaults
        for name, value in {**defaults, **given}.items():
            if value is not MISSING and not is_argument_noise(name):
                yield _Entry(function.name, name, value)
        for argument in function.inner:
            yield from _argument(argument, namespace)


def _argument(argument: Argument, namespace: Mapping[str, Any]) -> Iterator[_Entry]:
    targets = argument.targets
    if any(is_configuration(type(namespace.get(target))) for target in targets):
        return
    name = argument.name or _place(argument, namespace)
    is_data = isinstance(argument.value, list) and is_data_name(name or "")
    if name and not is_data and not is_argument_noise(name):
        owner = argument.callee[-1] if argument.callee else "call"
        target = targets[0] if len(targets) == 1 else ""
        yield _Entry(owner, name, argument.value, target)


def _place(argument: Argument, namespace: Mapping[str, Any]) -> str | None:
    """Return the name of a positional argument, from the code of what was called."""
    value = namespace.get(argument.callee[0])
    for part in argument.callee[1:]:
        if not issubclass(type(value), types.ModuleType):
            return None
        value = vars(value).get(part)
    is_class = issubclass(type(value), type)
    function = inspect.getattr_static(value, "__init__", None) if is_class else value
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)  # type: ignore[arg-type]
    except ValueError:
        return None
    position = argument.position + is_class
    if not isinstance(code, types.CodeType) or position >= code.co_argcount:
        return None
    return code.co_varnames[position]
