"""Everything that is known of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.views.blocks import (
    Code,
    Column,
    Fold,
    Heading,
    Line,
    Spark,
    Table,
    code,
    user,
)
from celltrail.views.facts import environment, git, own_tags, packages, used
from celltrail.views.format import moment, number, size
from celltrail.views.phrases import ABSENT, lasted, named, status, value_of
from celltrail.views.tables import runs_blocks
from celltrail.views.texts import count_of
from celltrail.views.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from celltrail.entities import DatasetInput
    from celltrail.views.blocks import Block, Pieces
    from celltrail.views.data import RunDetails

__all__ = ["show"]

_KEY, _VALUE, _TEXT = 60, 200, 300
_DIFF_LINES = 200


def show(details: RunDetails, *, now: int | None = None) -> View:
    r"""Return one run: params, metrics, tags, values, files, inputs, context, code.

    Examples
    --------
    >>> from celltrail.entities import Run, RunData, RunInfo
    >>> from celltrail.views.data import RunDetails
    >>> info = RunInfo("0199" * 8, "svc", "0", "eva", "FINISHED", 0, 1500, "active", "")
    >>> view = show(RunDetails(Run(info, RunData(params={"C": "1.0"}))))
    >>> print("\n".join(view.text.splitlines()[-3:]))
    1 param
    param  value
    C      1.0
    """
    run = details.run
    blocks: list[Block] = [_headline(details), _identity(details)]
    blocks += _pairs("param", run.data.params, _earlier(details))
    blocks += _metrics(details)
    blocks += _pairs("tag", own_tags(run.data.tags))
    blocks += _folded("other value", run.data.values)
    blocks += _artifacts(details)
    blocks += _inputs(run.inputs.dataset_inputs)
    if details.children:
        blocks.append(Heading(count_of(len(details.children), "nested run")))
        blocks += runs_blocks(details.children, now=now)
    blocks += _folded("environment fact", environment(run.data.context))
    blocks += _folded("git fact", git(run.data.context))
    blocks += _folded("package", packages(details.packages), in_text=False)
    return View([*blocks, *_texts(details)])


def _headline(details: RunDetails) -> Line:
    time = lasted(details.run)
    name = named(details.run, 100, strong=True)
    return Line((name, status(details.run), *([time] if time else [])))


def _identity(details: RunDetails) -> Table:
    info, context = details.run.info, details.run.data.context
    ended = [] if info.end_time is None else [("ended", moment(info.end_time))]
    cell = context.get("execution_count")
    pairs: list[tuple[str, Pieces]] = [
        ("id", code(info.run_id)),
        ("started", moment(info.start_time)),
        *ended,
        ("user", value_of(info.user_id)),
        *((name, user(text, _TEXT)) for name, text in used(details).items()),
        *([("cell", user(f"[{cell}]"))] if cell else []),
        *([("deleted", "yes")] if info.lifecycle_stage == "deleted" else []),
    ]
    return Table("", [Column("run"), Column("", wraps=True)], pairs)


def _earlier(details: RunDetails) -> dict[str, str]:
    """Return by param the values it had before in one text."""
    return {
        key: ", ".join(values)
        for key, values in details.earlier_params.items()
        if values
    }


def _pairs(
    noun: str, pairs: Mapping[str, str], earlier: Mapping[str, str] | None = None
) -> list[Block]:
    if not pairs:
        return []
    title = count_of(len(pairs), noun)
    return [Heading(title), _table(noun, pairs, earlier or {})]


def _folded(
    noun: str, pairs: Mapping[str, str], *, in_text: bool = True
) -> list[Block]:
    if not pairs:
        return []
    table = _table(noun, pairs, {})
    return [Fold((count_of(len(pairs), noun),), [table], [table] if in_text else [])]


def _table(noun: str, pairs: Mapping[str, str], earlier: Mapping[str, str]) -> Table:
    before = [Column("before", wraps=True)] if earlier else []
    columns = [Column(noun), Column("value", wraps=True), *before]
    rows = [
        (user(key, _KEY), value_of(text, _VALUE), value_of(earlier.get(key)))
        for key, text in pairs.items()
    ]
    return Table("", columns, [row[: len(columns)] for row in rows])


def _metrics(details: RunDetails) -> list[Block]:
    metrics = details.run.data.metrics
    if not metrics:
        return []
    columns = [Column("metric"), Column("value", right=True)]
    with_stats = any(key in details.stats for key in metrics)
    with_curves = any(len(details.curves.get(key, ())) > 1 for key in metrics)
    if with_stats:
        titles = ("step", "lowest", "highest", "points")
        columns += [Column(title, right=True) for title in titles]
    if with_curves:
        columns.append(Column("curve"))
    rows = [
        [
            user(key, _KEY),
            number(value),
            *(_stats(details, key) if with_stats else ()),
            *([_curve(details, key)] if with_curves else ()),
        ]
        for key, value in metrics.items()
    ]
    return [Heading(count_of(len(metrics), "metric")), Table("", columns, rows)]


def _stats(details: RunDetails, key: str) -> list[Pieces]:
    stats = details.stats.get(key)
    if stats is None:
        return [ABSENT] * 4
    return [str(stats.step), number(stats.min), number(stats.max), str(stats.count)]


def _curve(details: RunDetails, key: str) -> Pieces:
    values = details.curves.get(key, ())
    return Spark(key, values) if len(values) > 1 else ""


def _artifacts(details: RunDetails) -> list[Block]:
    files = [item for item in details.artifacts if not item.is_dir]
    if not files:
        return []
    rows = [(user(file.path, _VALUE), size(file.file_size or 0)) for file in files]
    table = Table(
        "", [Column("artifact", wraps=True), Column("size", right=True)], rows
    )
    return [Heading(count_of(len(files), "artifact")), table]


def _inputs(inputs: Sequence[DatasetInput]) -> list[Block]:
    if not inputs:
        return []
    titles = ("input", "digest", "source", "used for")
    rows = [
        (
            user(one.dataset.name, _KEY),
            user(one.dataset.digest, 16),
            user(f"{one.dataset.source_type}: {one.dataset.source}", _VALUE),
            user(", ".join(tag.value for tag in one.tags)) if one.tags else ABSENT,
        )
        for one in inputs
    ]
    table = Table("", [*map(Column, titles)], rows)
    return [Heading(count_of(len(inputs), "input")), table]


def _texts(details: RunDetails) -> Iterator[Block]:
    if details.code:
        yield Heading("Code")
        yield Code(details.code)
    if details.git_diff:
        lines = details.git_diff.splitlines()
        shown = Code("\n".join(lines[:_DIFF_LINES]))
        rest = len(lines) - _DIFF_LINES
        note = [Line((f"{count_of(rest, 'more line')} not shown",))] if rest > 0 else []
        title = f"Uncommitted changes: {count_of(len(lines), 'line')}"
        yield Fold((title,), [shown, *note], [shown, *note])
