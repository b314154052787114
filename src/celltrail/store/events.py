"""The lines of a journal: one JSON object an event, and nothing else writes them.

Keys are short because a journal repeats them: ``e`` kind, ``r`` run, ``k`` key,
``s`` integer, ``v`` number, ``t`` time in nanoseconds since 1970, ``x`` text, ``d``
further facts as an object. The kinds:

====  ================  =====================================================
e     event             fields
====  ================  =====================================================
s     run started       r, t, s = experiment id
e     run status        r, t, x = status
m     metric            r, k, s = step, v, t
p     param             r, k, x, t
g     tag               r, k, x (null deletes), t
v     value             r, k, x, t
c     context           r, k, x, t
a     artifact          r, k = path, x = digest, s = size in bytes, t
i     input (dataset)   r, k = name, x = digest, d, t
b     text              k = digest, x = content, t
o     session started   d, t
l     cell executed     r (null when untracked), s = sequence number, d, t
====  ================  =====================================================
"""

from __future__ import annotations

import hashlib
import json
import math
from json.encoder import encode_basestring_ascii as _quote_ascii
from time import time_ns
from typing import TYPE_CHECKING, Any, Final, Literal

from celltrail.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CONTEXT",
    "PARAM",
    "TAG",
    "VALUE",
    "TextKind",
    "artifact",
    "cell",
    "dataset_input",
    "metric",
    "metric_prefix",
    "number",
    "run_started",
    "run_status",
    "session",
    "text",
    "text_blob",
    "text_digest",
]

TextKind = Literal["p", "g", "v", "c"]
PARAM: Final = "p"
TAG: Final = "g"
VALUE: Final = "v"
CONTEXT: Final = "c"

MAX_LINE = 8 * 2**20
_INT64 = 2**63


def metric_prefix(run_id: str, key: str) -> str:
    r"""Return the start of every line of one metric, up to the step's value.

    The hot path appends ``f'{prefix}{step},"v":{number},"t":{time}}}\n'``.
    """
    return f'{{"e":"m","r":"{run_id}","k":{_quote(key)},"s":'


def metric(run_id: str, key: str, value: float, step: int, time: int) -> bytes:
    """Return the line of one metric point; `time` in nanoseconds."""
    if not -_INT64 <= step < _INT64:
        message = f"The step {step} does not fit 64 bits; steps go to ±2^63."
        raise InvalidValueError(message)
    line = f'{metric_prefix(run_id, key)}{step},"v":{number(value)},"t":{_time(time)}}}'
    return line.encode() + b"\n"


def number(value: float) -> str:
    """Return a float as JSON, with NaN and the infinities as strings.

    Examples
    --------
    >>> number(0.1), number(float("-inf"))
    ('0.1', '"-Infinity"')
    """
    if math.isfinite(value):
        return repr(value)
    if math.isnan(value):
        return '"NaN"'
    return '"Infinity"' if value > 0 else '"-Infinity"'


def text(
    kind: TextKind, run_id: str, key: str, value: str | None, time: int | None = None
) -> bytes:
    """Return the line that sets (or with None deletes) one text of a run."""
    content = "null" if value is None else _quote(value)
    start = f'{{"e":"{kind}","r":"{run_id}","k":{_quote(key)}'
    return _checked(f'{start},"x":{content},"t":{_time(time)}}}\n'.encode(), key)


def run_started(run_id: str, experiment_id: int, time: int | None = None) -> bytes:
    """Return the line that begins a run."""
    return _line(e="s", r=run_id, s=experiment_id, t=time)


def run_status(run_id: str, status: str, time: int | None = None) -> bytes:
    """Return the line that ends a run, or with RUNNING takes it up again."""
    return _line(e="e", r=run_id, x=status, t=time)


def artifact(run_id: str, path: str, digest: str, size: int) -> bytes:
    """Return the line that gives a run a file."""
    return _line(e="a", r=run_id, k=path, x=digest, s=size)


def dataset_input(
    run_id: str, name: str, digest: str, facts: Mapping[str, Any]
) -> bytes:
    """Return the line that gives a run a dataset.

    `facts` has ``source_type``, ``source``, ``schema``, ``profile`` (texts) and
    ``tags`` (an object of texts).
    """
    return _line(e="i", r=run_id, k=name, x=digest, d=facts)


def text_digest(content: str) -> str:
    """Return the SHA-256 under which a text is kept."""
    return hashlib.sha256(clean(content).encode()).hexdigest()


def text_blob(content: str) -> tuple[str, bytes]:
    """Return a text's digest and the line that keeps it."""
    digest = text_digest(content)
    return digest, _line(e="b", k=digest, x=content)


def session(facts: Mapping[str, Any]) -> bytes:
    """Return the line that opens a session: host, pid, user, python, platform."""
    return _line(e="o", d=facts)


def cell(run_id: str | None, sequence: int, facts: Mapping[str, Any]) -> bytes:
    """Return the line of one executed cell.

    `facts` has ``cell_id``, ``execution_count``, ``notebook``, ``code`` (a digest),
    ``status``, ``start`` (ns) and ``duration`` (seconds).
    """
    return _line(e="l", r=run_id, s=sequence, d=facts)


def clean(value: str) -> str:
    """Return the text with lone surrogates replaced, which no JSON reader takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _quote(value: str) -> str:
    return _quote_ascii(clean(value))


def _time(time: int | None) -> int:
    if time is None:
        return time_ns()
    if not -_INT64 <= time < _INT64:
        message = (
            f"The timestamp {time // 1_000_000} ms is beyond the year 2262; "
            "timestamps are milliseconds since 1970."
        )
        raise InvalidValueError(message)
    return time


def _line(*, t: int | None = None, **fields: object) -> bytes:
    fields["t"] = _time(t)
    cleaned = {key: _clean_deep(value) for key, value in fields.items()}
    line = json.dumps(cleaned, separators=(",", ":")).encode() + b"\n"
    return _checked(line, fields.get("k"))


def _checked(line: bytes, key: object) -> bytes:
    """Return the line, unless it is too long to be read back."""
    if len(line) > MAX_LINE:
        size = f"{len(line) / 2**20:.1f} MB"
        message = (
            f"{key!r} is {size}; an entry holds at most 8 MB. "
            "Log it as an artifact: celltrail.log_text(text, path)."
        )
        raise InvalidValueError(message)
    return line


def _clean_deep(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _clean_deep(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean_deep(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
