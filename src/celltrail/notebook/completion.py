"""Completion on the lines of ``%%track``, ``%track`` and ``%trail``.

What the store holds is read in a thread of its own and kept for a moment: pressing Tab
waits a twentieth of a second at most, and takes what was known before.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from celltrail.notebook.line import words
from celltrail.notebook.options import PARSER
from celltrail.notebook.trail_options import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

    from celltrail.notebook.line import LineParser
    from celltrail.notebook.session import Session

__all__ = ["Completer"]

logger = logging.getLogger(__name__)

_LINE = re.compile(r"^\s*(?:[\w, ]+=\s*)?(%%?)(track|trail)\s(.*)$", re.DOTALL)
_WAIT = 0.05
_FRESH = 1.0
_ATTRIBUTES = ("status", "run_name", "start_time", "duration", "run_id")
_KINDS = ("metrics", "params", "tags", "values")


class Completer:
    """Completes celltrail's magics in one shell."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, list[str]] = {}
        self._read_at = -_FRESH
        self._thread: threading.Thread | None = None
        self.match = self._make_matcher()

    def _make_matcher(self) -> Any:
        @context_matcher(identifier="celltrail")  # type: ignore[untyped-decorator]
        def match(context: CompletionContext) -> SimpleMatcherResult:
            texts = self.candidates(context.line_with_cursor[: context.cursor_position])
            if texts is None:
                return {"completions": []}
            token = context.token
            done = _typed(context.line_with_cursor[: context.cursor_position])
            # What stands before the token (``metrics.`` of ``metrics.au``) stays.
            kept = done[: len(done) - len(token)] if done.endswith(token) else ""
            found = [
                SimpleCompletion(text[len(kept) :], type="magic")
                for text in texts
                if text.startswith(done) and text[len(kept) :]
            ]
            return {"completions": found, "suppress": True}

        return match

    def candidates(self, before: str) -> list[str] | None:
        """Return what may stand at the end of a line; None when it is not ours."""
        found = _LINE.match(before)
        if found is None:
            return None
        marks, magic, rest = found.groups()
        said = words(rest)
        word = _typed(before)
        previous = said if not word else said[:-1]
        if magic == "track":
            return self._of_track(previous) if marks == "%%" else ["on", "off"]
        if not previous:
            return ["sql"] if marks == "%%" else list(COMMANDS)
        return self._of_trail(previous[0], previous[1:])

    def _of_track(self, previous: list[str]) -> list[str]:
        options = {
            "--experiment": "experiments",
            "--tag": "tags=",
            "--param": "params=",
            "--metric": "metrics",
        }
        if previous and previous[-1] in options:
            kind = options[previous[-1]]
            known = self._store(kind.rstrip("="))
            return [f"{one}=" for one in known] if kind.endswith("=") else known
        names = [] if previous else self._store("runs")
        return [*PARSER.option_names, *names]

    def _of_trail(self, command: str, previous: list[str]) -> list[str]:
        if command in {"show", "compare", "drop"}:
            return self._references()
        if command == "experiment":
            return self._store("experiments")
        if command != "runs":
            return []
        if previous and previous[-1] in {"--desc", "--asc"}:
            return [*self._store("metrics"), *self._store("params"), *_ATTRIBUTES]
        if previous and previous[-1] == "--experiment":
            return self._store("experiments")
        keys = [f"{kind}.{key}" for kind in _KINDS for key in self._store(kind)]
        return [*_options_left(COMMANDS["runs"], previous), *keys, *_ATTRIBUTES]

    def _references(self) -> list[str]:
        best = [f"@best:{key}" for key in self._store("metrics")]
        return ["@last", "@prev", *best, *self._store("runs")]

    def _store(self, kind: str) -> list[str]:
        """Return names the store holds, as far as they are known by now."""
        self.refresh()
        if self._thread is not None:
            self._thread.join(_WAIT)
        return self._known.get(kind, [])

    def refresh(self) -> None:
        """Begin to read what the store holds, unless that was done just now."""
        if time.monotonic() - self._read_at > _FRESH and not self._is_reading():
            self._thread = threading.Thread(target=self._read)
            self._thread.start()

    def _is_reading(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _read(self) -> None:
        from celltrail.store.query import queries, search

        try:
            store = self._session.store
            if store.path.is_dir():
                runs = search.search_runs(store, None, max_results=50, max_age=_FRESH)
                known = {
                    kind: queries.run_keys(store, kind, max_age=_FRESH)
                    for kind in _KINDS
                }
                known["tags"] = [k for k in known["tags"] if k[:7] != "mlflow."]
                known["runs"] = _quoted(dict.fromkeys(r.info.run_name for r in runs))
                found = queries.search_experiments(store)
                known["experiments"] = _quoted(one.name for one in found)
                self._known = known
        except Exception:  # no completion is better than a broken Tab key
            logger.debug("Nothing to complete from the store", exc_info=True)
        self._read_at = time.monotonic()


def _typed(before: str) -> str:
    """Return the unfinished word at the end of a line."""
    return re.split(r"[\s(]", before)[-1]


def _options_left(parser: LineParser, previous: Iterable[str]) -> list[str]:
    used = set(previous)
    return [name for name in parser.option_names if name not in used]


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' if " " in name else name for name in names if name]
