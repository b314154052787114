"""SQL of the user's own: one SELECT over documented views, and nothing else.

Three walls, each enough for what it is there for. Only known tables, table functions
and kinds of nodes pass (`celltrail.store.query.sql_check`). The query runs on an
instance of its own, with the store attached for reading, without access to files and
with its settings locked. Time, memory and the size of the result are capped.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import duckdb

from celltrail.errors import StoreError
from celltrail.store.connection import quoted
from celltrail.store.query.sql_check import tables_read
from celltrail.store.query.sql_errors import explained
from celltrail.store.query.views import create_views

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from celltrail.store.store import Store

__all__ = ["run_sql"]

_MOST_ROWS = 1_000_000
_VECTORS = 50
_LOCKS = (
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET lock_configuration = true",
)


def run_sql(
    store: Store,
    query: str,
    params: Sequence[object] | Mapping[str, object] = (),
    *,
    timeout: float = 30.0,
    memory: str = "1GB",
) -> pd.DataFrame:
    """Return what one SELECT over a store's views gives.

    The views are ``runs``, ``runs_wide`` (a column for each key, named
    ``"metrics.auc"``), ``params``, ``metrics`` (every point), ``latest_metrics``,
    ``tags``, ``artifacts``, ``experiments`` and ``cells``; what was deleted is not in
    them. Run ids come out as 32 hexadecimal characters; times are UTC.

    Parameters
    ----------
    store
        Whose runs.
    query
        One SELECT; it may have CTEs, and ``?`` or ``$name`` for parameters.
    params
        The values of the parameters.
    timeout
        Seconds until the query is stopped.
    memory
        How much memory it may take.

    Raises
    ------
    InvalidValueError
        When the query is not one SELECT over the views; the message shows where.
    StoreError
        When it takes too much time or memory.
    """
    with (
        store.reading(),
        _instance(memory) as connection,
        _stopwatch(connection, timeout) as watch,
    ):
        tables = tables_read(connection, query)
        connection.execute(
            f"ATTACH {quoted(str(store.database))} AS store (TYPE duckdb, READ_ONLY)"
        )
        create_views(connection, tables)
        for statement in _LOCKS:
            connection.execute(statement)
        try:
            return _result(connection, query, params)
        except duckdb.InterruptException as error:
            if not watch.is_set():
                raise
            message = (
                f"The query was stopped after {timeout:g} s. Narrow it down, or allow "
                "more time: celltrail.sql(query, timeout=300)."
            )
            raise StoreError(message) from error
        except duckdb.Error as error:
            raise explained(error, query, _columns(connection, tables)) from error


@contextlib.contextmanager
def _instance(memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": 2,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def _stopwatch(
    connection: duckdb.DuckDBPyConnection, timeout: float
) -> Iterator[threading.Event]:
    """Interrupt the connection after `timeout` seconds, and set the event then."""
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        connection.interrupt()

    timer = threading.Timer(timeout, stop)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()


def _result(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    params: Sequence[object] | Mapping[str, object],
) -> pd.DataFrame:
    import pandas as pd

    bound = dict(params) if hasattr(params, "keys") else list(params)
    result = connection.execute(query, bound)
    chunks = [result.fetch_df_chunk(_VECTORS)]
    rows = len(chunks[0])
    while len(chunks[-1]) and rows <= _MOST_ROWS:
        chunks.append(result.fetch_df_chunk(_VECTORS))
        rows += len(chunks[-1])
    if rows > _MOST_ROWS:
        message = (
            f"The query gives more than {_MOST_ROWS:,} rows. Aggregate, or add LIMIT."
        )
        raise StoreError(message)
    kept = chunks[:-1] or chunks
    frame = kept[0] if len(kept) == 1 else pd.concat(kept, ignore_index=True)
    for place, column in enumerate(result.description or ()):
        if str(column[1]) == "UUID":
            frame.isetitem(place, [_hex(value) for value in frame.iloc[:, place]])
    return frame


def _hex(value: Any) -> str | None:
    return getattr(value, "hex", None) if not isinstance(value, float) else None


def _columns(
    connection: duckdb.DuckDBPyConnection, tables: set[str]
) -> dict[str, list[str]]:
    """Return the columns of the views a query reads, for suggestions."""
    return {
        table: [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
        for table in sorted(tables)
    }
