"""Naming a run: its id, a prefix, its name, ``@last``, ``@prev`` or ``@best:auc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.errors import InvalidValueError, NotFoundError, nearest
from celltrail.store.query.queries import as_run_id
from celltrail.store.query.rows import hex_of

if TYPE_CHECKING:
    import duckdb

    from celltrail.store.store import Store

__all__ = ["resolve_run"]

_ENDED = "status IN ('FINISHED', 'FAILED', 'KILLED')"
_SHOWN = 5


def resolve_run(store: Store, text: str, experiment_id: str | None = None) -> str:
    """Return the id of the run that a text names.

    Parameters
    ----------
    store
        Where to look.
    text
        A run id, a name (the newest of that name is meant), a prefix of one id only,
        ``@last`` (the top-level run that ended last), ``@prev`` (the one before),
        ``@best:auc`` (the greatest metric) or ``@best:rmse:min`` (the least).
    experiment_id
        The experiment to look in; None for all.

    Raises
    ------
    NotFoundError
        When no run, or more than one, is meant; the message names candidates.
    InvalidValueError
        When the text has an ``@`` form that does not exist.
    """
    wanted = text.strip()
    if not wanted:
        message = "Expected a run: an id, a name, @last, @prev or @best:METRIC."
        raise InvalidValueError(message)
    with store.reading() as connection:
        finder = _Finder(connection, experiment_id)
        if wanted.startswith("@"):
            return finder.by_position(wanted)
        return finder.by_name(wanted)


class _Finder:
    """Looks for runs on an open connection, in one experiment or in all."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, experiment_id: str | None
    ) -> None:
        self.connection = connection
        self.experiment_id = experiment_id

    def ids(self, where: str, *parameters: object, limit: int = 1) -> list[str]:
        """Return the ids of runs; `where` may end in its own ORDER BY."""
        rows = self.connection.execute(
            f"SELECT {hex_of('run_id')} FROM runs WHERE "
            "experiment_id = coalesce(TRY_CAST(? AS BIGINT), experiment_id) "
            f"AND {where} LIMIT ?",
            [self.experiment_id, *parameters, limit],
        ).fetchall()
        return [run_id for (run_id,) in rows]

    def by_name(self, text: str) -> str:
        """Return the run of an id, else of a name, else of an id's prefix."""
        run_id = as_run_id(text)
        found = self.ids("run_id = CAST(? AS UUID)", run_id) if run_id else []
        found = found or self.ids(
            "name = ? ORDER BY lifecycle_stage = 'active' DESC, start_time DESC, "
            "runs.run_id DESC",
            text,
        )
        return found[0] if found else self._by_prefix(text)

    def _by_prefix(self, text: str) -> str:
        prefix = text.replace("-", "").lower()
        found = self.ids(
            f"starts_with({hex_of('run_id')}, ?) ORDER BY start_time DESC",
            prefix,
            limit=_SHOWN + 1,
        )
        if len(found) == 1:
            return found[0]
        if found:
            shown = "\n".join(f"    {line}" for line in self._listed(found[:_SHOWN]))
            more = "\n    …" if len(found) > _SHOWN else ""
            message = f"Several runs have ids that begin with {text!r}:\n{shown}{more}"
            raise NotFoundError(message)
        raise NotFoundError(self._unknown(text))

    def by_position(self, text: str) -> str:
        """Return the run that an ``@`` form means."""
        form, _, rest = text[1:].partition(":")
        if form in {"last", "prev"} and not rest:
            return self._ended(text, 0 if form == "last" else 1)
        if form == "best" and rest:
            key, _, direction = rest.rpartition(":")
            if key and direction in {"min", "max"}:
                return self._best(key, direction)
            return self._best(rest, "max")
        known = ["@last", "@prev", "@best:METRIC", "@best:METRIC:min"]
        message = (
            f"{text!r} names no run.{nearest(text, known)} There are: "
            f"{', '.join(known)}."
        )
        raise InvalidValueError(message)

    def _ended(self, text: str, place: int) -> str:
        found = self.ids(
            f"parent_run_id IS NULL AND lifecycle_stage = 'active' AND {_ENDED} "
            "ORDER BY end_time DESC, start_time DESC, runs.run_id DESC",
            limit=2,
        )
        if len(found) > place:
            return found[place]
        message = (
            f"{text} needs {place + 1} finished top-level run(s); "
            f"{self._where()} has {len(found)}."
        )
        raise NotFoundError(message)

    def _best(self, key: str, direction: str) -> str:
        found = self.ids(
            "lifecycle_stage = 'active' AND metrics[?] IS NOT NULL "
            "AND NOT isnan(metrics[?]) "
            f"ORDER BY metrics[?] {'DESC' if direction == 'max' else 'ASC'}, "
            "start_time DESC, runs.run_id DESC",
            key,
            key,
            key,
        )
        if found:
            return found[0]
        known = self._column("SELECT DISTINCT unnest(map_keys(metrics)) FROM runs")
        listed = ", ".join(sorted(known)[:20]) or "none"
        message = (
            f"No run of {self._where()} has the metric {key!r}.{nearest(key, known)} "
            f"There are: {listed}."
        )
        raise NotFoundError(message)

    def _unknown(self, text: str) -> str:
        names = self._column(
            "SELECT name FROM runs WHERE name IS NOT NULL GROUP BY name "
            "ORDER BY max(start_time) DESC"
        )
        newest = ", ".join(repr(name) for name in names[:_SHOWN]) or "none yet"
        return (
            f"No run of {self._where()} is named {text!r}, and no id begins with it."
            f"{nearest(text, names)} The newest are: {newest}."
        )

    def _listed(self, run_ids: list[str]) -> list[str]:
        rows = self.connection.execute(
            f"SELECT {hex_of('run_id')} || '  ' || coalesce(name, '') FROM runs "
            "WHERE run_id IN (SELECT unnest(CAST(? AS UUID[]))) "
            "ORDER BY start_time DESC",
            [run_ids],
        ).fetchall()
        return [line.strip() for (line,) in rows]

    def _column(self, query: str) -> list[str]:
        return [value for (value,) in self.connection.execute(query).fetchall()]

    def _where(self) -> str:
        if self.experiment_id is None:
            return "this store"
        return f"experiment {self.experiment_id}"
