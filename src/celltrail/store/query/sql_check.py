"""What a query of the user's reads, as DuckDB's own parser understands it.

Another parser could see another query than the one that is run, so the tree comes from
DuckDB itself (``json_serialize_sql``). Three closed lists decide: kinds of query nodes,
tables, and table functions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb

from celltrail.errors import InvalidValueError, nearest
from celltrail.store.query.sql_errors import explained
from celltrail.store.query.syntax import fault
from celltrail.store.query.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from celltrail.errors import CelltrailError

__all__ = ["tables_read"]

_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_FUNCTIONS = {"generate_series", "json_each", "json_tree", "range", "unnest"}


def tables_read(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    """Return the views a query reads, or raise when it is not one SELECT over them.

    Parameters
    ----------
    connection
        Any DuckDB: only its parser is used.
    query
        The user's text.
    """
    row = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise _refusal(connection, query, tree)
    if len(tree["statements"]) != 1:
        message = f"Expected exactly one SELECT, found {len(tree['statements'])}."
        raise InvalidValueError(message)
    nodes = list(_walk(tree))
    named = {key for node in nodes for key in _cte_names(node)}
    return {table for node in nodes if (table := _table(node, query, named))}


def _refusal(
    connection: duckdb.DuckDBPyConnection, query: str, tree: Mapping[str, Any]
) -> CelltrailError:
    if tree.get("error_type") == "parser":
        try:
            connection.extract_statements(query)
        except duckdb.Error as error:
            return explained(error, query, {})
        return InvalidValueError(f"The SQL cannot be read: {tree['error_message']}")
    return InvalidValueError(
        "Only a SELECT can be run here: the store is changed through celltrail's own "
        f"functions. Found: {query.strip()[:60]!r}"
    )


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a parsed query."""
    stack = [tree]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            yield each
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)


def _cte_names(node: Mapping[str, Any]) -> list[str]:
    names = node.get("cte_map") or {}
    return [entry["key"].lower() for entry in names.get("map", [])]


def _table(node: Mapping[str, Any], query: str, named: set[str]) -> str | None:
    """Return the view a node of the tree reads, or raise when it may not be there."""
    kind = node.get("type")
    # Whatever has a class is an expression; those cannot reach beyond the tables.
    if not isinstance(kind, str) or "class" in node:
        return None
    place = min(int(node.get("query_location") or 0), len(query))
    if kind.endswith("_NODE") and kind not in _NODES:
        message = "Only a SELECT can be run here, also inside of WITH."
        raise InvalidValueError(message)
    if kind == "SHOW_REF" and not node.get("query"):
        message = f"There is nothing to show but the tables: {', '.join(VIEWS)}."
        raise InvalidValueError(message)
    if kind == "TABLE_FUNCTION":
        _check_function(node["function"]["function_name"], query, place)
    return _base_table(node, query, place, named) if kind == "BASE_TABLE" else None


def _check_function(name: str, query: str, place: int) -> None:
    if name.lower() not in _TABLE_FUNCTIONS:
        problem = (
            f"the table function {name!r} cannot be used here. There are: "
            f"{', '.join(sorted(_TABLE_FUNCTIONS))}."
        )
        raise fault(query, place, problem)


def _base_table(
    node: Mapping[str, Any], query: str, place: int, named: set[str]
) -> str | None:
    name = str(node["table_name"]).lower()
    parts = (node.get("catalog_name"), node.get("schema_name"), node["table_name"])
    shown = ".".join(part for part in parts if part)
    if shown.lower() == name and (name in VIEWS or name in named):
        # A CTE may have the name of a view and read that view itself.
        return name if name in VIEWS else None
    problem = (
        f"there is no table {shown!r}.{nearest(name, [*VIEWS, *named])} "
        f"There are: {', '.join(VIEWS)}."
    )
    raise fault(query, place, problem)
