"""The database's schema: numbered SQL files, each applied in one transaction."""

from __future__ import annotations

import re
from importlib import resources
from typing import NamedTuple

import duckdb

from celltrail.errors import StoreError
from celltrail.store.ids import new_id

__all__ = ["Migration", "is_current", "migrate", "migrations"]


class Migration(NamedTuple):
    """One numbered change of the schema."""

    number: int
    name: str
    script: str


def migrations() -> list[Migration]:
    """Return the known migrations in their order."""
    folder = resources.files("celltrail.store") / "migrations"
    found = []
    for file in folder.iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text("utf-8")))
    return sorted(found)


def is_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the attached store has the newest schema this celltrail knows.

    Raises
    ------
    StoreError
        When the schema is newer, or the tables are not celltrail's.
    """
    applied = _applied(connection)
    newest = migrations()[-1].number
    if applied > newest:
        message = (
            f"The store's schema is version {applied}; this celltrail knows versions "
            f"up to {newest} and changed nothing. Run: pip install -U celltrail"
        )
        raise StoreError(message)
    return applied == newest


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the attached store to the newest schema; each step whole or not at all."""
    if is_current(connection):
        return
    applied = _applied(connection)
    for migration in migrations():
        if migration.number > applied:
            _apply(connection, migration)


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    connection.begin()
    connection.execute(migration.script)
    if migration.number == 1:
        connection.execute(
            "CREATE TABLE schema_migrations (number INTEGER, name VARCHAR, "
            "applied TIMESTAMP)"
        )
        _first_rows(connection)
    connection.execute(
        "INSERT INTO schema_migrations VALUES (?, ?, now() AT TIME ZONE 'UTC')",
        [migration.number, migration.name],
    )
    connection.commit()


def _first_rows(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO store_info VALUES ('store_id', ?)", [new_id()])
    connection.execute(
        "INSERT INTO experiments SELECT 0, 'Default', NULL, 'active', MAP {}, "
        "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'"
    )


def _applied(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the newest applied migration; 0 for an empty database."""
    try:
        row = connection.execute("SELECT max(number) FROM schema_migrations").fetchone()
    except duckdb.CatalogException:
        _refuse_foreign(connection)
        return 0
    return int(row[0]) if row and row[0] is not None else 0


def _refuse_foreign(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'store' "
        "ORDER BY table_name LIMIT 5"
    ).fetchall()
    if tables:
        listed = ", ".join(name for (name,) in tables)
        message = (
            f"The database has tables that are not celltrail's ({listed}) and was left "
            "as it is. Move it away, or name another store."
        )
        raise StoreError(message)
