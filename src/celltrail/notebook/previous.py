"""The run a cell had the last time it was executed, to compare the new one with.

The runs of this session are remembered; those of earlier ones are read once, in the
background, when the extension is loaded.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from celltrail.notebook.warm import warm_up

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.store import Store

__all__ = ["PreviousRuns"]

logger = logging.getLogger(__name__)

_MANY = 200
_SIMILAR = 0.6
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WAIT = 1.0  # once, where a notebook is run faster than its past is read


@dataclass(frozen=True, slots=True)
class _Known:
    run: Run
    cell_id: str | None
    name: str | None
    tokens: frozenset[str] = field(repr=False)


class PreviousRuns:
    """The last run of each cell of a notebook."""

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None

    def prefetch(self, store: Store, notebook: str | None) -> None:
        """Read the runs of earlier sessions, in a thread of its own."""
        known = store.path.is_dir()
        work, arguments = (
            (self._read, (store, notebook)) if known else (warm_up, (store,))
        )
        self._reading = threading.Thread(
            target=work, args=arguments, name="celltrail-prefetch"
        )
        self._reading.start()

    def find(self, cell_id: str | None, name: str | None, code: str) -> Run | None:
        """Return the last run of a cell.

        The front end's id tells which cell it is. For a cell that is new, or where
        there are no ids, a given name does; without either, the most similar text.
        """
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.join(_WAIT)
        with self._lock:
            newest_first = self._known[::-1]
        for known in newest_first:
            if cell_id is not None and known.cell_id == cell_id:
                return known.run
        if cell_id is not None or name is not None:
            same = (k.run for k in newest_first if name is not None and k.name == name)
            return next(same, None)
        tokens = _tokens(code)
        nameless = (k for k in newest_first if k.name is None)
        best = max(nameless, key=lambda k: _similarity(k.tokens, tokens), default=None)
        if best is None or _similarity(best.tokens, tokens) < _SIMILAR:
            return None
        return best.run

    def remember(
        self, run: Run, cell_id: str | None, name: str | None, code: str
    ) -> None:
        """Keep a run as the last of its cell."""
        with self._lock:
            self._known.append(_Known(run, cell_id, name, _tokens(code)))
            del self._known[:-_MANY]

    def _read(self, store: Store, notebook: str | None) -> None:
        from celltrail.notebook.options import track_options
        from celltrail.notebook.transform import head_of
        from celltrail.store.query.trail import last_executions

        found = []
        try:
            for run, cell_id, code in last_executions(store, notebook):
                head = head_of(code.splitlines(keepends=True))
                name = track_options(head.line).name if head else None
                found.append(_Known(run, cell_id, name, _tokens(code)))
        except Exception:  # a comparison less; nothing to trouble the user with
            logger.debug("Earlier runs were not read", exc_info=True)
        with self._lock:
            self._known[:0] = found
        warm_up(store)


def _tokens(code: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(code))


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
