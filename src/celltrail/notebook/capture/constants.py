"""Which expressions are constant, and what the simplest of them are worth."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any, Final

from celltrail.notebook.capture.shapes import callee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LONGEST_TEXT", "MISSING", "MOST_ITEMS", "constant_needs", "literal"]


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
MOST_ITEMS = 50
LONGEST_TEXT = 500
_BIGGEST = 10**15
_PURE_CALLS = {
    "Path",
    "PurePath",
    "abs",
    "arange",
    "array",
    "bool",
    "date",
    "datetime",
    "device",
    "dict",
    "exp",
    "float",
    "float32",
    "float64",
    "frozenset",
    "geomspace",
    "int",
    "int32",
    "int64",
    "linspace",
    "list",
    "log",
    "log10",
    "log2",
    "logspace",
    "max",
    "min",
    "pow",
    "range",
    "round",
    "set",
    "sqrt",
    "str",
    "timedelta",
    "tuple",
}
_PURE_MODULES = frozenset({"Path", "datetime", "dt", "math", "np", "numpy", "torch"})
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def literal(node: ast.expr) -> Any:
    """Return what an expression without any name is worth, or `MISSING`."""
    kind = type(node)
    if kind is ast.Constant:
        return _constant(node)
    if kind is ast.UnaryOp:
        return _unary(node)
    if kind is ast.BinOp:
        return _binary(node)
    if kind is ast.Tuple or kind is ast.List or kind is ast.Set:
        return _sequence(node)
    if kind is ast.Dict:
        return _mapping(node)
    return MISSING


def _constant(node: ast.expr) -> Any:
    value = node.value  # type: ignore[attr-defined]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else MISSING


def _unary(node: ast.expr) -> Any:
    value = literal(node.operand)  # type: ignore[attr-defined]
    operator_type = type(node.op)  # type: ignore[attr-defined]
    if operator_type is ast.Not:
        return MISSING if value is MISSING else not value
    if not isinstance(value, int | float):
        return MISSING
    return -value if operator_type is ast.USub else +value


def _binary(node: ast.expr) -> Any:
    left = literal(node.left)  # type: ignore[attr-defined]
    right = literal(node.right)  # type: ignore[attr-defined]
    function = _OPERATORS.get(type(node.op))  # type: ignore[attr-defined]
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers or function is None or max(abs(left), abs(right)) > _BIGGEST:
        return MISSING
    if function is operator.pow and abs(right) > LONGEST_TEXT:
        return MISSING
    try:
        value = function(left, right)
    except (ArithmeticError, ValueError):
        return MISSING
    return value if isinstance(value, int | float) else MISSING


def _sequence(node: ast.expr) -> Any:
    items = node.elts  # type: ignore[attr-defined]
    if len(items) > MOST_ITEMS:
        return MISSING
    values = [literal(item) for item in items]
    if MISSING in values:
        return MISSING
    return tuple(values) if type(node) is ast.Tuple else values


def _mapping(node: ast.expr) -> Any:
    keys, values = node.keys, node.values  # type: ignore[attr-defined]
    if len(keys) > MOST_ITEMS or None in keys:
        return MISSING
    pairs = [(literal(k), literal(v)) for k, v in zip(keys, values, strict=True)]
    if any(not isinstance(k, str | int | float) or v is MISSING for k, v in pairs):
        return MISSING
    return dict(pairs)


def constant_needs(node: ast.expr) -> frozenset[str] | None:
    """Return the names a constant expression is made of; None if it is not constant.

    It is constant when those names are: ``LR * 10`` needs LR, ``10**-3`` nothing, and
    ``open(p)`` is not constant.
    """
    kind = type(node)
    if kind is ast.Constant:
        plain = isinstance(node.value, str | int | float | None)  # type: ignore[attr-defined]
        return frozenset() if plain else None
    if kind is ast.Name:
        return frozenset({node.id})  # type: ignore[attr-defined]
    if kind is ast.Call:
        return _call_needs(node)  # type: ignore[arg-type]
    if kind not in _TRANSPARENT:
        return None
    return _together(c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr))


_TRANSPARENT = frozenset(
    {
        ast.BinOp,
        ast.BoolOp,
        ast.Compare,
        ast.Dict,
        ast.FormattedValue,
        ast.IfExp,
        ast.JoinedStr,
        ast.List,
        ast.Set,
        ast.Tuple,
        ast.UnaryOp,
    }
)


def _together(nodes: Iterable[ast.expr]) -> frozenset[str] | None:
    needs: set[str] = set()
    for node in nodes:
        found = constant_needs(node)
        if found is None:
            return None
        needs |= found
    return frozenset(needs)


def _call_needs(node: ast.Call) -> frozenset[str] | None:
    name = callee(node.func)
    if not name or name[-1] not in _PURE_CALLS:
        return None
    if len(name) > 1 and name[0] not in _PURE_MODULES:
        return None
    return _together([*node.args, *(keyword.value for keyword in node.keywords)])
