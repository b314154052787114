"""The store: journals, the fold, the DuckDB database, and artifact files.

Nothing outside this package knows DuckDB.
"""

from __future__ import annotations

from celltrail.store.store import Store, open_store

__all__ = ["Store", "open_store"]
