"""Literal arguments of calls that are parameters of the work done in a cell."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from celltrail.notebook.capture.constants import MISSING, literal
from celltrail.notebook.capture.plan import Argument, Function, Invocation
from celltrail.notebook.capture.shapes import called, callee
from celltrail.notebook.capture.vocabulary import (
    SEEDERS,
    TRAINERS,
    is_argument_noise,
    is_estimator,
    is_parameter_word,
    is_plot_call,
    is_plot_function,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["arguments_of", "function_of", "invocation_of"]

_FORMULA_MARK = "~"


def arguments_of(node: ast.Call, targets: tuple[str, ...]) -> Iterator[Argument]:
    """Yield the literal arguments of one call that are parameters.

    Those are all arguments of a class with a capital (an estimator), the seed of a
    generator, the formula of a model, and in other calls the arguments that are known
    words, such as ``epochs`` and ``test_size``.
    """
    name = callee(node.func) or _method(node.func)
    last = name[-1] if name else ""
    if last in SEEDERS:
        yield from _seed(node, name)
        return
    if last == "dict":
        return
    estimator = is_estimator(last)
    if estimator:
        yield from _positional(node, name, targets)
    for keyword in node.keywords:
        argument = keyword.arg
        if argument is None or is_argument_noise(argument):
            continue
        if estimator or is_parameter_word(argument):
            value = literal(keyword.value)
            if _is_parameter(value):
                yield Argument(name, argument, -1, value, targets)
    if not estimator:
        yield from _formula(node, name)


def _method(function: ast.expr) -> tuple[str, ...]:
    """Return the name of a method of an expression: ``KFold(3).split`` → split."""
    return ("", function.attr) if isinstance(function, ast.Attribute) else ()


def _is_parameter(value: Any) -> bool:
    return value is not MISSING and value not in ([], {}, ())


def _seed(node: ast.Call, name: tuple[str, ...]) -> Iterator[Argument]:
    given = node.args[:1] or [k.value for k in node.keywords if k.arg == "seed"]
    value = literal(given[0]) if given else MISSING
    if isinstance(value, int):
        yield Argument(name, "seed", -1, value)


def _positional(
    node: ast.Call, name: tuple[str, ...], targets: tuple[str, ...]
) -> Iterator[Argument]:
    for position, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            return
        value = literal(argument)
        if _is_parameter(value):
            yield Argument(name, None, position, value, targets)


def _formula(node: ast.Call, name: tuple[str, ...]) -> Iterator[Argument]:
    first = literal(node.args[0]) if node.args else MISSING
    if name and isinstance(first, str) and _FORMULA_MARK in first[1:]:
        yield Argument(name, "formula", -1, first)


def invocation_of(node: ast.Call) -> Invocation | None:
    """Return a call of a plain name, which may be a function of the notebook."""
    if not isinstance(node.func, ast.Name):
        return None
    starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    keywords = {k.arg: literal(k.value) for k in node.keywords if k.arg is not None}
    spread = starred or len(keywords) < len(node.keywords)
    positional = tuple(literal(argument) for argument in node.args)
    return Invocation(node.func.id, positional, keywords, spread)


def function_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function | None:
    """Return what calls of a function must know of it; None for plotting helpers."""
    calls = [call for call in _below(node) if isinstance(call, ast.Call)]
    if is_plot_function(node.name) or _only_plots(node, calls):
        return None
    plain = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    given = dict(zip(reversed(plain), reversed(node.args.defaults), strict=False))
    for argument, default in zip(
        node.args.kwonlyargs, node.args.kw_defaults, strict=True
    ):
        if default is not None:
            given[argument.arg] = default
    values = {name: literal(given[name]) for name in reversed(given)}
    names = {n.id for n in _below(node) if isinstance(n, ast.Name)}
    inner = [argument for call in calls for argument in arguments_of(call, ())]
    return Function(
        name=node.name,
        arguments=(*plain, *(argument.arg for argument in node.args.kwonlyargs)),
        defaults={name: v for name, v in values.items() if v is not MISSING},
        inner=tuple(inner),
        loads=frozenset(names - set(plain)),
    )


def _below(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    for statement in node.body:
        yield from ast.walk(statement)


def _only_plots(
    node: ast.FunctionDef | ast.AsyncFunctionDef, calls: list[ast.Call]
) -> bool:
    """Return whether a function draws, and neither trains nor returns anything."""
    if not any(is_plot_call(callee(call.func)) for call in calls):
        return False
    if any(called(call) in TRAINERS for call in calls):
        return False
    return not any(isinstance(n, ast.Return) and n.value for n in _below(node))
