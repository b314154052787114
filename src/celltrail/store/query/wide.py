"""Wide tables: one row a run, one column a key, made from arrays without row loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from celltrail.errors import InvalidValueError, nearest
from celltrail.store.query.filters import Condition
from celltrail.store.query.rows import hex_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

__all__ = ["wide_frame"]

_MAPS = {
    "metrics": "metrics",
    "params": "params",
    "tags": "tags",
    "values": '"values"',
    "context": "context",
}
_ALWAYS = ("metrics", "params", "tags")
_INFO = {
    "run_id": hex_of("run_id"),
    "experiment_id": "CAST(experiment_id AS VARCHAR)",
    "status": "status",
    "artifact_uri": f"'runs:/' || {hex_of('run_id')}",
    "start_time": "start_time",
    "end_time": "end_time",
}


def wide_frame(
    connection: duckdb.DuckDBPyConnection,
    rest: Condition,
    extra: Sequence[str],
    *,
    is_page: bool,
) -> pd.DataFrame:
    """Return the runs of ``SELECT … FROM runs`` followed by `rest` as a wide table.

    Parameters
    ----------
    connection
        With the store attached.
    rest
        WHERE, ORDER BY and LIMIT.
    extra
        More maps than metrics, params and tags.
    is_page
        Whether few rows are asked for.
    """
    maps = [*_ALWAYS, *(_known(name) for name in extra)]
    if not is_page:
        found = Condition(f"runs {rest.sql}", rest.parameters)
        return _frame(connection, found, maps)
    columns = ", ".join(_MAPS[name] for name in maps)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE page AS SELECT run_id, experiment_id, status, "
        f"start_time, end_time, {columns} FROM runs {rest.sql}",
        rest.parameters,
    )
    try:
        return _frame(connection, Condition("temp.page"), maps)
    finally:
        connection.execute("DROP TABLE temp.page")


def _known(name: str) -> str:
    if name in _MAPS:
        return name
    message = f"Runs have no columns of {name!r}.{nearest(name, _MAPS)}"
    raise InvalidValueError(message)


def _frame(
    connection: duckdb.DuckDBPyConnection, source: Condition, maps: list[str]
) -> pd.DataFrame:
    keys = _keys(connection, source, maps)
    cells = [f"{_MAPS[name]}[?] AS k{place}" for place, (name, _) in enumerate(keys)]
    # Other names than the table's, which ORDER BY means.
    info = [f"{sql} AS i{place}" for place, sql in enumerate(_INFO.values())]
    arrays = connection.execute(
        f"SELECT {', '.join(info + cells)} FROM {source.sql}",
        [*(key for _, key in keys), *source.parameters],
    ).fetchnumpy()
    names = [*_INFO, *(f"{name}.{key}" for name, key in keys)]
    columns = (_plain(array) for array in arrays.values())
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(names)
    for name in ("start_time", "end_time"):
        frame[name] = frame[name].dt.tz_localize("UTC")
    return frame


def _keys(
    connection: duckdb.DuckDBPyConnection, source: Condition, maps: list[str]
) -> list[tuple[str, str]]:
    """Return the keys that occur, as (map, key), in the order of the columns."""
    query = " UNION ALL ".join(
        f"SELECT DISTINCT {place}, unnest(map_keys({_MAPS[name]})) "
        f"FROM (SELECT {_MAPS[name]} FROM {source.sql})"
        for place, name in enumerate(maps)
    )
    rows = connection.execute(query, source.parameters * len(maps)).fetchall()
    return [(maps[place], key) for place, key in sorted(rows)]


def _plain(array: Any) -> Any:
    """Return an array of DuckDB's with NaN, NaT or None in place of its mask."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    kind = array.dtype.kind
    if kind in "fM":
        return array.filled(np.nan if kind == "f" else np.datetime64("NaT"))
    data = array.data
    data[np.ma.getmaskarray(array)] = None
    return data
