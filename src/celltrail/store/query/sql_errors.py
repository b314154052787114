"""DuckDB's errors about a query in celltrail's words, with DuckDB's position."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from celltrail.errors import InvalidValueError, StoreError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrail.errors import CelltrailError

__all__ = ["explained"]

_COLUMN = re.compile(r'(?i)Referenced column "([^"]+)" ')
_TABLE = re.compile(
    r'(?i)Referenced table "([^"]+)" not found|Table with name (\S+) does not exist'
)
_IN_TABLE = re.compile(
    r'(?i)(?:Table|list) "[^"]+" does not have a column named "([^"]+)"'
)
_FUNCTION = re.compile(
    r"(?i)(?:Scalar|Aggregate|Scalar or Aggregate) Function with name \"?(\w+)"
)
_POSITION = re.compile(r"(?m)^LINE \d+:.*\n\s*\^+")

_SHOWN = 20


def explained(
    error: duckdb.Error, query: str, columns: Mapping[str, list[str]]
) -> CelltrailError:
    """Return celltrail's error for what DuckDB said of a query.

    Parameters
    ----------
    error
        DuckDB's error.
    query
        The query.
    columns
        The columns of each table it reads.
    """
    text = str(error).strip()
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            "The query took more memory than it is allowed. Aggregate, add LIMIT, or "
            'allow more: celltrail.sql(query, memory="4GB").'
        )
    position = _POSITION.search(text)
    where = f"\n{position[0]}" if position else ""
    return InvalidValueError(_said(text, query, columns) + where)


def _said(text: str, query: str, columns: Mapping[str, list[str]]) -> str:
    everything = [name for names in columns.values() for name in names]
    if match := _COLUMN.search(text) or _IN_TABLE.search(text):
        return _no_column(match[1], columns, everything)
    if match := _TABLE.search(text):
        return _no_table(match[1] or match[2], query, columns, everything)
    if match := _FUNCTION.search(text):
        suggestion = re.search(r'Did you mean "([^"]+)"', text)
        hint = f" Did you mean {suggestion[1]!r}?" if suggestion else ""
        return f"There is no function {match[1]!r}.{hint}"
    first = _POSITION.split(text)[0].strip()
    return f"The SQL does not work: {first}"


def _no_column(
    name: str, columns: Mapping[str, list[str]], everything: list[str]
) -> str:
    quoted = next((each for each in everything if each.endswith(f".{name}")), None)
    if quoted:
        return f'There is no column {name!r}. Write "{quoted}", with the quotes.'
    listed = "; ".join(
        f"{table} has {', '.join(names[:_SHOWN])}{', …' * (len(names) > _SHOWN)}"
        for table, names in columns.items()
    )
    return f"There is no column {name!r}.{nearest(name, everything)} {listed}."


def _no_table(
    name: str, query: str, columns: Mapping[str, list[str]], everything: list[str]
) -> str:
    """Explain ``metrics.auc`` where the column ``"metrics.auc"`` was meant."""
    match = re.search(rf"\b{re.escape(name)}\.(\w+)", query)
    column = f"{name}.{match[1]}" if match else ""
    if column in everything:
        return f'There is no table {name!r}. Write "{column}", with the quotes.'
    return (
        f"The query does not read a table {name!r}."
        f"{nearest(name, columns)} It reads: {', '.join(columns) or 'none'}."
    )
