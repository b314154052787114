"""Filters as SQL: a tree of known nodes in, a condition with bound parameters out.

A field that a run lacks is neither equal nor unequal to anything, as in SQL and in
MLflow, and so is a param that is no number where a number is asked for. A NaN is
unequal to every number and neither greater nor less; ``NOT metrics.x > 1`` therefore
finds the runs whose x is NaN, and not those without x.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlglot import exp

from celltrail.store.query.fields import RUNS, span
from celltrail.store.query.syntax import fault, parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from celltrail.store.query.fields import Field, Subject

__all__ = ["Condition", "compile_filter", "fields_named"]

Literal = float | str


class Condition(NamedTuple):
    """An SQL condition and what it binds, in order."""

    sql: str
    parameters: tuple[object, ...] = ()


class _Comparison(NamedTuple):
    """One comparison of a filter: a field, an operator, the literals and its text."""

    field: Field
    operator: str
    literals: tuple[Literal, ...]
    text: str
    place: int


_OPERATORS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Like: "LIKE",
    exp.ILike: "ILIKE",
}
_NEGATABLE = (exp.In, exp.Between, exp.Like, exp.ILike, exp.Is)
_ORDERING = {"<", "<=", ">", ">=", "BETWEEN"}
_ID = re.compile(r"[0-9a-f]{32}")


def compile_filter(text: str | None, subject: Subject = RUNS) -> Condition:
    """Return a filter as an SQL condition over the table of its subject.

    Parameters
    ----------
    text
        The filter; empty or None lets everything through.

    Raises
    ------
    InvalidValueError
        Where the filter stops making sense, with a caret below the place.

    Examples
    --------
    >>> compile_filter("params.model = 'rf'")
    Condition(sql='(params[?] = ?)', parameters=('model', 'rf'))
    """
    if not text or not text.strip():
        return Condition("true")
    return _Compiler(text, subject).compile(parse_filter(text))


def fields_named(text: str | None, subject: Subject = RUNS) -> list[Field]:
    """Return the fields that a filter names, in its order."""
    if not text or not text.strip():
        return []
    kinds = (*_OPERATORS, exp.Between, exp.In, exp.Is)
    nodes = [node for node in parse_filter(text).dfs() if isinstance(node, kinds)]
    return [subject.resolve(text, node.this) for node in nodes]


class _Compiler:
    """Turns the nodes of one filter into SQL; any other node is refused."""

    def __init__(self, text: str, subject: Subject) -> None:
        self.text = text
        self.subject = subject

    def compile(self, node: exp.Expr) -> Condition:
        if isinstance(node, exp.Paren):
            return self.compile(node.this)
        if isinstance(node, exp.And | exp.Or):
            return self._chain(node)
        if isinstance(node, exp.Not):
            return self._negation(node)
        return _condition(self._comparison(node))

    def _chain(self, node: exp.And | exp.Or) -> Condition:
        word = " AND " if isinstance(node, exp.And) else " OR "
        parts = [self.compile(part) for part in node.flatten()]
        return Condition(
            "(" + word.join(part.sql for part in parts) + ")",
            tuple(value for part in parts for value in part.parameters),
        )

    def _negation(self, node: exp.Not) -> Condition:
        inner = node.this
        if isinstance(inner, _NEGATABLE) and not inner.args.get("negate"):
            comparison = self._comparison(inner)
            between = self.text[span(inner.this)[1] :].lstrip().upper()
            if between.startswith(("NOT", "IS")):
                operator = _negated(comparison.operator)
                return _condition(comparison._replace(operator=operator))
        condition = self.compile(inner)
        return Condition(f"(NOT {condition.sql})", condition.parameters)

    def _comparison(self, node: exp.Expr) -> _Comparison:
        operator, literals = self._operator(node)
        field = self.subject.resolve(self.text, node.this)
        values = tuple(self._literal(literal) for literal in literals)
        place = span(literals[0])[0] if literals else span(node)[1]
        if node.args.get("negate"):
            operator = _negated(operator)
        return _Comparison(field, operator, values, self.text, place)

    def _operator(self, node: exp.Expr) -> tuple[str, list[exp.Expr]]:
        if type(node) in _OPERATORS:
            return _OPERATORS[type(node)], [node.expression]
        if isinstance(node, exp.Between):
            return "BETWEEN", [node.args["low"], node.args["high"]]
        if isinstance(node, exp.In):
            return "IN", node.expressions
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return "IS NULL", []
        raise self._refusal(node)

    def _literal(self, node: exp.Expr) -> Literal:
        if isinstance(node, exp.Neg):
            value = self._literal(node.this)
            if isinstance(value, float):
                return -value
        if isinstance(node, exp.Literal):
            return str(node.this) if node.is_string else float(node.this)
        if isinstance(node, exp.Column) and len(node.parts) == 1 and node.this.quoted:
            return str(node.name)
        raise self._refusal(node)

    def _refusal(self, node: exp.Expr) -> Exception:
        return fault(self.text, span(node)[0], "this is no part of a filter.")


def _negated(operator: str) -> str:
    return "IS NOT NULL" if operator == "IS NULL" else f"NOT {operator}"


def _condition(comparison: _Comparison) -> Condition:
    """Return one comparison as SQL, by the kind of its field."""
    field, operator, _, _, _ = comparison
    if operator in {"IS NULL", "IS NOT NULL"} and field.kind != "dataset":
        return Condition(f"({field.sql} {operator})", field.parameters)
    return _BY_KIND[field.kind](comparison)


def _number(comparison: _Comparison) -> Condition:
    _refuse_pattern(comparison)
    field = comparison.field
    if any(isinstance(value, str) for value in comparison.literals):
        problem = f"{field.name} is a number: expected a number without quotes."
        raise fault(comparison.text, comparison.place, problem)
    return _numeric(comparison, field.sql)


def _refuse_pattern(comparison: _Comparison) -> None:
    if "LIKE" in comparison.operator:
        problem = (
            f"{comparison.operator} needs a text, and {comparison.field.name} is a "
            f"{comparison.field.kind}."
        )
        raise fault(comparison.text, comparison.place, problem)


def _numeric(comparison: _Comparison, sql: str) -> Condition:
    compared = _compared(comparison, sql)
    if comparison.operator not in {">", ">="}:
        return compared
    # DuckDB takes NaN for the greatest number.
    return Condition(
        f"({compared.sql} AND NOT isnan({sql}))",
        compared.parameters + comparison.field.parameters,
    )


def _text(comparison: _Comparison) -> Condition:
    numbers = [isinstance(value, float) for value in comparison.literals]
    if all(numbers) and "LIKE" not in comparison.operator:
        return _numeric(comparison, f"TRY_CAST({comparison.field.sql} AS DOUBLE)")
    if any(numbers):
        problem = "expected a quoted text (or numbers only)."
        raise fault(comparison.text, comparison.place, problem)
    if comparison.operator.removeprefix("NOT ") in _ORDERING:
        _refuse_quoted_numbers(comparison)
    return _compared(comparison, comparison.field.sql)


def _refuse_quoted_numbers(comparison: _Comparison) -> None:
    """Refuse ``params.lr > '0.1'``, which would compare the texts letter by letter."""
    for value in comparison.literals:
        try:
            float(value)
        except ValueError:
            continue
        problem = (
            f"a number in quotes is a text; write {comparison.field.name} "
            f"{comparison.operator} {value} to compare numbers."
        )
        raise fault(comparison.text, comparison.place, problem)


def _time(comparison: _Comparison) -> Condition:
    _refuse_pattern(comparison)
    values = tuple(_milliseconds(comparison, value) for value in comparison.literals)
    return _compared(comparison._replace(literals=values), comparison.field.sql)


def _milliseconds(comparison: _Comparison, value: Literal) -> float:
    if isinstance(value, float):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        problem = (
            f"{value!r} is no time. {comparison.field.name} compares with milliseconds "
            "since 1970 or with an ISO date such as '2026-03-01' or "
            "'2026-03-01T14:30' (UTC)."
        )
        raise fault(comparison.text, comparison.place, problem) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() * 1000


def _id(comparison: _Comparison) -> Condition:
    """Compare whole ids as UUIDs, which skips blocks of rows, and all else as text."""
    ids = [value for value in comparison.literals if _ID.fullmatch(str(value))]
    are_whole = len(ids) == len(comparison.literals)
    if not are_whole or comparison.operator not in {"=", "IN"}:
        return _text(comparison)
    marks = ", ".join(["CAST(? AS UUID)"] * len(ids))
    return Condition(f"{comparison.field.column} IN ({marks})", tuple(ids))


def _dataset(comparison: _Comparison) -> Condition:
    if comparison.operator in {"IS NULL", "IS NOT NULL"}:
        inner = Condition(f"{comparison.field.sql} IS NOT NULL")
    else:
        inner = _text(comparison)
    found = f"run_id IN (SELECT inputs.run_id FROM inputs WHERE {inner.sql})"
    if comparison.operator == "IS NULL":
        found = f"(NOT {found})"
    return Condition(found, inner.parameters)


def _compared(comparison: _Comparison, sql: str) -> Condition:
    operator = comparison.operator
    if operator.endswith("BETWEEN"):
        right = "? AND ?"
    elif operator.endswith("IN"):
        right = "(" + ", ".join("?" * len(comparison.literals)) + ")"
    else:
        right = "?"
    return Condition(
        f"({sql} {operator} {right})",
        comparison.field.parameters + comparison.literals,
    )


_BY_KIND: Final[dict[str, Callable[[_Comparison], Condition]]] = {
    "number": _number,
    "text": _text,
    "time": _time,
    "id": _id,
    "dataset": _dataset,
}
