"""Small questions about expressions, asked by several rules."""

from __future__ import annotations

import ast

__all__ = ["called", "callee", "is_split", "root", "target_names"]


def callee(function: ast.expr) -> tuple[str, ...]:
    """Return the dotted name that is called, or () when it is not a plain one."""
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return ()
    return (function.id, *reversed(parts))


def called(node: ast.Call) -> str:
    """Return the last name of what is called, or an empty text."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def root(node: ast.expr) -> str | None:
    """Return the name at the left end of ``a.b[c].d``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def target_names(target: ast.expr) -> tuple[str, ...]:
    """Return the names an assignment binds: ``a`` or ``a, b``."""
    if isinstance(target, ast.Name):
        return (target.id,)
    if isinstance(target, ast.Tuple | ast.List):
        return tuple(part.id for part in target.elts if isinstance(part, ast.Name))
    return ()


def is_split(iterated: ast.expr) -> bool:
    """Return whether a loop runs over folds: ``enumerate(kf.split(X))``."""
    if not isinstance(iterated, ast.Call):
        return False
    if callee(iterated.func) == ("enumerate",) and iterated.args:
        return is_split(iterated.args[0])
    method = iterated.func
    if not isinstance(method, ast.Attribute) or method.attr != "split":
        return False
    return bool(iterated.args) and not isinstance(iterated.args[0], ast.Constant)
