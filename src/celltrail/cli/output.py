"""Results on stdout, as a table, JSON or CSV; talk on stderr."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from celltrail.entities import Run
    from celltrail.views.view import View

__all__ = [
    "as_cell",
    "emit",
    "emit_csv",
    "emit_json",
    "emit_view",
    "flat",
    "format_option",
    "nested",
    "say",
]

_UNLIMITED = 100_000
_PIECE = 32_768
_BROKEN_PIPE = 141  # what the shell says of a program that SIGPIPE ended

format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print the result.",
)


def say(message: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    click.echo(message, err=True)


def emit(text: str | bytes) -> None:
    """Print a part of the result; when nobody reads on, end quietly."""
    whole = f"{text}\n" if isinstance(text, str) else text
    try:
        # Python may not notice a broken pipe within one large write.
        for start in range(0, len(whole), _PIECE):
            click.echo(whole[start : start + _PIECE], nl=False)
    except BrokenPipeError:
        # Python would complain of the pipe once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.get_current_context().exit(_BROKEN_PIPE)


def emit_view(view: View, *, is_diff: bool = False) -> None:
    """Print a view as wide as the terminal, or in full when it is piped."""
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else _UNLIMITED
    text = view.text_within(width)
    if is_diff and is_terminal and not os.environ.get("NO_COLOR"):
        text = "\n".join(map(_coloured, text.splitlines()))
    emit(text)


def emit_json(value: object) -> None:
    """Print a value as JSON; numbers that JSON lacks are texts, as in MLflow."""
    emit(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def emit_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as CSV with a head; what a row lacks is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: as_cell(value) for key, value in row.items()} for row in rows
    )
    emit(text.getvalue().removesuffix("\n"))


def as_cell(value: object) -> object:
    """Return a value as it stands in CSV: nested ones as JSON."""
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(_plain(value), ensure_ascii=False)
    return value


def nested(run: Run, experiment: str) -> dict[str, Any]:
    """Return a run as nested dictionaries, with times as ISO 8601 in UTC."""
    info = run.info
    took = None if info.end_time is None else (info.end_time - info.start_time) / 1000
    return {
        "run_id": info.run_id,
        "name": info.run_name,
        "experiment": experiment,
        "status": info.status,
        "start_time": _iso(info.start_time),
        "end_time": None if info.end_time is None else _iso(info.end_time),
        "duration": took,
        "user": info.user_id,
        "lifecycle_stage": info.lifecycle_stage,
        "metrics": run.data.metrics,
        "params": run.data.params,
        "tags": run.data.tags,
        "values": run.data.values,
    }


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with the keys of its dictionaries joined by dots.

    Examples
    --------
    >>> flat({"name": "a", "metrics": {"auc": 0.9}})
    {'name': 'a', 'metrics.auc': 0.9}
    """
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            found[key] = value
    return found


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _coloured(line: str) -> str:
    colour = {"  + ": "green", "  - ": "red"}.get(line[:4])
    return click.style(line, fg=colour) if colour else line


def _plain(value: Any) -> Any:
    """Return a value made of what JSON has."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return _unusual(value)
    if isinstance(value, datetime):
        return None if value != value else value.isoformat()  # noqa: PLR0124 - NaT
    is_plain = value is None or isinstance(value, (str, bool, int, float))
    return value if is_plain else str(value)


def _unusual(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
