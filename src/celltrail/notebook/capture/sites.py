"""Which expressions of a cell measure something though no name keeps the result.

``print("AUC:", roc_auc_score(y, p))`` is one. Only code that runs with the cell itself
is searched: functions keep their code, so they can be pickled and inspected as ever.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from celltrail.notebook.capture.constants import literal
from celltrail.notebook.capture.shapes import called, is_split
from celltrail.notebook.capture.vocabulary import (
    FOLD_CALLS,
    METRIC_ATTRIBUTES,
    MUTATORS,
    VALUE_ATTRIBUTES,
    is_metric_call,
    is_metric_name,
    words,
)

__all__ = ["Site", "Sites", "label_of"]

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_LABEL = 3
_LABEL_END = re.compile(r"[\n,;|.!?\[\]{}]")
_PARENTHESES = re.compile(r"\([^)]*\)")
_LABEL_WORD = re.compile(r"[A-Za-z]\w*")
_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "holdout": "test",
}


@dataclass(frozen=True, slots=True)
class Site:
    """An expression to record: the name for its result, and what it stands in.

    Attributes
    ----------
    assigned
        The result goes to a name of the cell, bound again and again in a loop.
    depends
        The names the expression loads.
    """

    name: str
    split: str = ""
    assigned: bool = False
    is_value: bool = False
    looped: bool = False
    folded: bool = False
    depends: frozenset[str] = frozenset()


class Sites:
    """Finds the sites of a tree and puts `wrap` around each, in place."""

    def __init__(self, wrap: Callable[[ast.expr, Site], ast.expr]) -> None:
        self._wrap = wrap
        self._loops = 0
        self._folds = 0

    def statements(self, body: list[ast.stmt]) -> None:
        """Search statements that are executed one after the other."""
        for statement in body:
            handler = getattr(self, f"on_{type(statement).__name__.lower()}", None)
            if handler is not None:
                handler(statement)

    def on_expr(self, statement: ast.Expr) -> None:
        """Search an expression whose value is shown or dropped."""
        value = statement.value
        if isinstance(value, ast.Dict):
            self._dict(value)
        statement.value = self._search(value)

    def _dict(self, node: ast.Dict) -> None:
        for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                node.values[index] = self._labelled(key.value, value)

    def on_if(self, statement: ast.If | ast.While | ast.Assert) -> None:
        """Search a condition and the statements below it."""
        loops = isinstance(statement, ast.While)
        self._loops += loops
        statement.test = self._search(statement.test)
        if not isinstance(statement, ast.Assert):
            self.statements(statement.body)
            self._loops -= loops
            self.statements(statement.orelse)

    on_assert = on_while = on_if

    def on_for(self, statement: ast.For | ast.AsyncFor) -> None:
        """Search the body of a loop."""
        folds = is_split(statement.iter)
        self._loops += 1
        self._folds += folds
        self.statements(statement.body)
        self._loops -= 1
        self._folds -= folds
        self.statements(statement.orelse)

    on_asyncfor = on_for

    def on_with(self, statement: ast.With | ast.AsyncWith) -> None:
        """Search the body of a with."""
        self.statements(statement.body)

    on_asyncwith = on_with

    def on_try(self, statement: ast.Try) -> None:
        """Search the parts of a try."""
        for body in (statement.body, statement.orelse, statement.finalbody):
            self.statements(body)
        for handler in statement.handlers:
            self.statements(handler.body)

    on_trystar = on_try

    def on_match(self, statement: ast.Match) -> None:
        """Search the cases of a match."""
        for case in statement.cases:
            self.statements(case.body)

    def on_assign(self, statement: ast.Assign) -> None:
        """Record a metric that a loop binds again and again."""
        target = statement.targets[0]
        if not self._loops or not isinstance(target, ast.Name):
            return
        if isinstance(statement.value, ast.Constant | ast.Name | ast.Lambda):
            return
        if is_metric_name(target.id) or _is_measure(statement.value):
            site = self._site(target.id, statement.value, assigned=True)
            statement.value = self._wrap(statement.value, site)

    def _site(self, name: str, node: ast.expr, *, assigned: bool = False) -> Site:
        return Site(
            name,
            assigned=assigned,
            looped=self._loops > 0,
            folded=self._folds > 0,
            depends=frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name)),
        )

    def _search(self, node: ast.expr) -> ast.expr:
        """Return the expression with the sites in it wrapped."""
        kind = type(node)
        if kind in _CLOSED:
            return node
        if kind is ast.Call:
            return self._call(node)  # type: ignore[arg-type]
        if kind is ast.Attribute:
            return self._attribute(node)  # type: ignore[arg-type]
        if kind is ast.JoinedStr:
            self._joined(node)  # type: ignore[arg-type]
            return node
        if kind is ast.Await and isinstance(node.value, ast.Call):  # type: ignore[attr-defined]
            site = self._measure(node.value)  # type: ignore[attr-defined]
            return self._wrap(node, site) if site else self._children(node)
        return self._children(node)

    def _children(self, node: ast.expr) -> ast.expr:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                value[:] = [
                    self._search(v) if isinstance(v, ast.expr) else v for v in value
                ]
            elif isinstance(value, ast.expr):
                setattr(node, name, self._search(value))
        return node

    def _call(self, node: ast.Call) -> ast.expr:
        name = called(node)
        if name.startswith("log_") or name in MUTATORS:
            return node
        site = self._measure(node)
        if site is not None:
            return self._wrap(node, site)
        if isinstance(node.func, ast.Attribute):
            node.func.value = self._search(node.func.value)
        before: ast.expr | None = None
        for index, argument in enumerate(node.args):
            node.args[index] = self._after(before, argument)
            before = argument
        for keyword in node.keywords:
            keyword.value = self._search(keyword.value)
        return node

    def _after(self, before: ast.expr | None, node: ast.expr) -> ast.expr:
        """Wrap an argument that follows a text in a call: ``print("AUC", x)``."""
        if isinstance(before, ast.Constant) and isinstance(before.value, str):
            return self._labelled(before.value, node)
        return self._search(node)

    def _joined(self, node: ast.JoinedStr) -> None:
        label = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                label = str(part.value)
            elif isinstance(part, ast.FormattedValue):
                part.value = self._labelled(label, part.value)
                label = ""

    def _labelled(self, text: str, node: ast.expr) -> ast.expr:
        name = label_of(text)
        if name is None or isinstance(node, _NO_NUMBERS):
            return self._search(node)
        return self._wrap(node, self._site(name, node))

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr in METRIC_ATTRIBUTES:
            return self._wrap(node, self._site(node.attr.rstrip("_"), node))
        if node.attr in VALUE_ATTRIBUTES:
            site = replace(self._site(node.attr.rstrip("_"), node), is_value=True)
            return self._wrap(node, site)
        node.value = self._search(node.value)
        return node

    def _measure(self, node: ast.Call) -> Site | None:
        if not _is_measure(node):
            return None
        name = called(node)
        if name in FOLD_CALLS:
            return self._site(_fold_name(node, name), node)
        name = name.removesuffix("_score") or name
        return replace(self._site(name, node), split=_split(node))


def _is_measure(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return is_metric_call(called(node), method=isinstance(node.func, ast.Attribute))


def _fold_name(node: ast.Call, name: str) -> str:
    if name == "cross_validate":
        return "cv"
    for keyword in node.keywords:
        scoring = literal(keyword.value) if keyword.arg == "scoring" else None
        if isinstance(scoring, str):
            return f"cv_{scoring}"
    return "cv_score"


def _split(node: ast.Call) -> str:
    """Return the split the arguments are named after, test before val and train."""
    found = {
        _SPLITS[word]
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and name is not node.func
        for word in words(name.id)
        if word in _SPLITS
    }
    return next((split for split in ("test", "val", "train") if split in found), "")


def label_of(text: str) -> str | None:
    """Return the metric a text announces: "epoch 1, Val loss: " → val_loss."""
    tail = _PARENTHESES.sub(" ", text).rstrip(" :=~≈\t-")
    found = _LABEL_WORD.findall(_LABEL_END.split(tail)[-1])
    if len(found) > _LONGEST_LABEL:
        found = [word for word in found if is_metric_name(word)][:1]
    name = "_".join(found).lower()
    return name if is_metric_name(name) else None


_CLOSED = frozenset(
    {
        ast.Constant,
        ast.DictComp,
        ast.GeneratorExp,
        ast.Lambda,
        ast.ListComp,
        ast.Name,
        ast.NamedExpr,
        ast.SetComp,
    }
)
_NO_NUMBERS = (ast.Constant, ast.JoinedStr, ast.Lambda, ast.Name, ast.Starred)
