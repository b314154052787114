"""`order_by` as SQL, always with an order that is the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.errors import InvalidValueError
from celltrail.store.query.fields import RUNS
from celltrail.store.query.filters import Condition
from celltrail.store.query.syntax import fault, parse_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celltrail.store.query.fields import Field, Subject

__all__ = ["compile_order", "order_fields"]


def compile_order(
    clauses: Iterable[str] | None, tie_break: str, subject: Subject = RUNS
) -> Condition:
    """Return `order_by` clauses as what follows ORDER BY, with what it binds.

    What lacks the field comes last in either direction, and NaN just before it.
    Params, tags and values that are numbers come first, in the order of numbers.

    Parameters
    ----------
    clauses
        Texts such as ``metrics.auc DESC``.
    tie_break
        The SQL that decides between equals.

    Raises
    ------
    InvalidValueError
        Where a clause stops making sense, or when a field is named twice.
    """
    parts = [
        part
        for field, is_descending in order_fields(clauses, subject)
        for part in _keys(field, "DESC" if is_descending else "ASC")
    ]
    sql = ", ".join([*(part.sql for part in parts), tie_break])
    return Condition(sql, tuple(value for part in parts for value in part.parameters))


def order_fields(
    clauses: Iterable[str] | None, subject: Subject = RUNS
) -> list[tuple[Field, bool]]:
    """Return the fields that `order_by` clauses name, and whether each descends."""
    found: dict[str, tuple[Field, bool]] = {}
    for clause in _as_list(clauses):
        tree, is_descending = parse_order(clause)
        field = subject.resolve(clause, tree)
        if field.kind == "dataset":
            raise fault(clause, 0, "a run has many datasets; it cannot be ordered by.")
        if field.name in found:
            message = f"order_by names {field.name!r} twice; name it once."
            raise InvalidValueError(message)
        found[field.name] = (field, is_descending)
    return list(found.values())


def _as_list(clauses: Iterable[str] | None) -> list[str]:
    if isinstance(clauses, str):
        message = f"order_by is a list of texts; write [{clauses!r}]."
        raise InvalidValueError(message)
    return list(clauses or ())


def _keys(field: Field, direction: str) -> list[Condition]:
    expressions = [field.column or field.sql]
    if field.parameters and field.kind == "number":
        # NaN is DuckDB's greatest number: last when ascending, but not when descending.
        if direction == "DESC":
            expressions = [f"nullif({field.sql}, 'NaN'::DOUBLE)"]
            missing = Condition(f"{field.sql} IS NULL", field.parameters)
            return [*_sorted(expressions, field, direction), missing]
    elif field.parameters:
        number = f"nullif(TRY_CAST({field.sql} AS DOUBLE), 'NaN'::DOUBLE)"
        expressions = [number, field.sql]
    return _sorted(expressions, field, direction)


def _sorted(expressions: list[str], field: Field, direction: str) -> list[Condition]:
    return [
        Condition(f"{expression} {direction} NULLS LAST", field.parameters)
        for expression in expressions
    ]
