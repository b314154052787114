"""The small phrases that several views share: a status, a change, a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from celltrail.views.blocks import Span, user
from celltrail.views.format import difference, duration, number
from celltrail.views.texts import one_line, short_id, shorten_pair

if TYPE_CHECKING:
    from celltrail.entities import Run
    from celltrail.views.blocks import Piece, Pieces
    from celltrail.views.changes import MetricChange, ParamChange

__all__ = [
    "ABSENT",
    "lasted",
    "mark",
    "measured",
    "metric_change",
    "named",
    "param_change",
    "status",
    "value_of",
]

ABSENT = "–"  # noqa: RUF001 - a dash where there is nothing
_MARKS: dict[str, Span] = {
    "FINISHED": Span("✓", "good"),
    "FAILED": Span("✗", "bad"),
    "KILLED": Span("■", "bad"),
    "RUNNING": Span("●", "quiet"),
    "SCHEDULED": Span("○", "quiet"),
}
_NO_MARK = Span("?", "quiet")
_TONES: dict[str, Literal["good", "bad", "quiet"]] = {
    "better": "good",
    "worse": "bad",
    "": "quiet",
}


def status(run: Run) -> tuple[Piece, ...]:
    """Return the mark and the word for where a run stands."""
    word = run.info.status
    known = word in _MARKS
    return _MARKS.get(word, _NO_MARK), " ", word.lower() if known else user(word)


def mark(run: Run) -> Span:
    """Return only the mark."""
    return _MARKS.get(run.info.status, _NO_MARK)


def named(run: Run, limit: int = 40, *, strong: bool = False) -> Piece:
    """Return the name of a run, or the start of its id."""
    name = run.info.run_name.strip() or short_id(run.info.run_id)
    return user(name, limit, strong=strong)


def lasted(run: Run) -> str:
    """Return how long a run took; empty while it runs."""
    if run.info.end_time is None:
        return ""
    return duration((run.info.end_time - run.info.start_time) / 1000)


def param_change(change: ParamChange, limit: int = 24) -> tuple[Piece, ...]:
    """Return what became of a param: "lr 0.1 → 0.01"."""
    key = user(change.key, 40)
    if change.before is None:
        return "new ", key, " ", user(change.after or "", limit)
    if change.after is None:
        return "removed ", key
    before, after = shorten_pair(one_line(change.before), one_line(change.after), limit)
    return key, " ", user(before), " → ", user(after)


def measured(change: MetricChange) -> tuple[Piece, ...]:
    """Return a metric with its change: "auc 0.912 ↑ +0.012 better"."""
    words = metric_change(change)
    value = Span(number(change.after), "strong")
    return user(change.key, 40), " ", value, *((" ", *words) if words else ())


def metric_change(change: MetricChange) -> tuple[Piece, ...]:
    """Return how a metric changed; empty when it was not measured before."""
    if change.before is None:
        return ()
    if not change.changed:
        return ("unchanged",)
    verdict = change.verdict
    rest = f" {verdict}" if verdict else ""
    written = difference(change.after, change.before)
    if not written:
        return (f"was {number(change.before)}{rest}",)
    arrow = "↑" if change.after > change.before else "↓"
    return Span(arrow, _TONES[verdict]), f" {written}{rest}"


def value_of(text: str | None, limit: int = 60) -> Pieces:
    """Return a user's value, a dash where there is none, a word for an empty one."""
    if text is None:
        return ABSENT
    return user(text, limit) if text else Span("empty", "quiet")
