"""The comparison of runs: what differs first, what is equal folded away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from celltrail.views.blocks import (
    Column,
    Diff,
    Fold,
    Heading,
    Table,
    code,
    joined,
    user,
)
from celltrail.views.changes import MetricChange
from celltrail.views.codediff import code_diff
from celltrail.views.facts import environment, git, own_tags, packages, used
from celltrail.views.format import moment, number
from celltrail.views.phrases import ABSENT, lasted, metric_change, named, status
from celltrail.views.texts import count_of, one_line, short_id, shorten_pair
from celltrail.views.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from celltrail.views.blocks import Block, Pieces
    from celltrail.views.data import RunDetails

__all__ = ["compare"]

_KEY, _CELL, _NAME = 40, 40, 24
_DIFFS_SHOWN = 3  # the code of further runs is folded

_Value = str | float | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A key with its value in each run, None where it has none.

    `known` has the runs of which anything of that sort was recorded: of the others
    it cannot be said that they differ.
    """

    key: str
    values: tuple[_Value, ...]
    known: tuple[int, ...]

    @property
    def differs(self) -> bool:
        first, *others = (self.values[index] for index in self.known)
        return any(not _equal(other, first) for other in others)


def _equal(one: _Value, other: _Value) -> bool:
    both_nan = one != one and other != other  # noqa: PLR0124 - NaN equals NaN here
    return both_nan or one == other


class _Section:
    """Rows of one sort, those that differ apart from those that are equal."""

    def __init__(self, noun: str, rows: list[_Row]) -> None:
        self.noun = noun
        self.differing = [row for row in rows if row.differs]
        self.equal = [row for row in rows if not row.differs]


def compare(runs: Sequence[RunDetails]) -> View:
    r"""Return the comparison of two or more runs; differences are from the first.

    Examples
    --------
    >>> from celltrail.entities import Run, RunData, RunInfo
    >>> from celltrail.views.data import RunDetails
    >>> def run(name, **params):
    ...     info = RunInfo("01" * 16, name, "0", "eva", "FINISHED", 0, 9, "active", "")
    ...     return RunDetails(Run(info, RunData(params=params)))
    >>> view = compare([run("a", lr="0.1", seed="1"), run("b", lr="0.2", seed="1")])
    >>> print("\n".join(view.text.splitlines()[-4:]))
    1 param differs
    param  a    b
    lr     0.1  0.2
    1 equal param
    """
    data = [details.run.data for details in runs]
    names = _names(runs)
    sections = [
        _Section("metric", _rows([one.metrics for one in data])),
        _Section("param", _rows([one.params for one in data])),
        _Section("value", _rows([one.values for one in data])),
        _Section("tag", _rows([own_tags(one.tags) for one in data])),
        _Section("package", _facts([packages(details.packages) for details in runs])),
        _Section(
            "environment fact", _facts([environment(one.context) for one in data])
        ),
        _Section("git fact", _facts([git(one.context) for one in data])),
    ]
    blocks: list[Block] = [_heads(runs, names)]
    for section in sections:
        if section.differing:
            blocks += [*_differing(section, names), *_equal_rows(section)]
    blocks += _code(runs, names)
    same = [section for section in sections if not section.differing]
    folds = [fold for section in same for fold in _equal_rows(section)]
    return View(
        [*blocks, *([Heading("Nothing else differs")] if folds else []), *folds]
    )


def _names(runs: Sequence[RunDetails]) -> list[Pieces]:
    """Return the names of the runs, numbered where names repeat."""
    names = [named(details.run, _NAME) for details in runs]
    if len({details.run.info.run_name for details in runs}) == len(runs):
        return [*names]
    return [(f"{index}: ", name) for index, name in enumerate(names, start=1)]


def _rows(
    by_run: Sequence[Mapping[str, str] | Mapping[str, float]],
    known: Sequence[int] | None = None,
) -> list[_Row]:
    keys = dict.fromkeys(key for one in by_run for key in one)
    indexes = tuple(range(len(by_run)) if known is None else known)
    return [_Row(key, tuple(one.get(key) for one in by_run), indexes) for key in keys]


def _facts(by_run: Sequence[Mapping[str, str]]) -> list[_Row]:
    """Return rows of what may not have been recorded."""
    return _rows(by_run, [index for index, facts in enumerate(by_run) if facts])


def _heads(runs: Sequence[RunDetails], names: Sequence[Pieces]) -> Table:
    columns = [Column("run"), *map(Column, names)]
    rows: list[list[Pieces]] = [
        ["id", *(code(short_id(details.run.info.run_id)) for details in runs)],
        ["status", *(status(details.run) for details in runs)],
        ["started", *(moment(details.run.info.start_time) for details in runs)],
        ["duration", *(lasted(details.run) or ABSENT for details in runs)],
    ]
    facts = _rows([used(details) for details in runs])
    rows += [[row.key, *_texts(row)] for row in facts]
    return Table("", columns, rows, continues=True)


def _differing(section: _Section, names: Sequence[Pieces]) -> list[Block]:
    rows = section.differing
    cells: list[list[Pieces]] = [[user(row.key, _KEY), *_cells(row)] for row in rows]
    verb = "differs" if len(rows) == 1 else "differ"
    columns = [Column(section.noun), *map(Column, names)]
    return [
        Heading(f"{count_of(len(rows), section.noun)} {verb}"),
        Table("", columns, cells, continues=True),
    ]


def _equal_rows(section: _Section) -> list[Block]:
    rows = section.equal
    if not rows:
        return []
    pairs = [(user(row.key, _KEY), _plain(row.values[row.known[0]])) for row in rows]
    table = Table("", [Column(section.noun), Column("in all runs", wraps=True)], pairs)
    return [Fold((count_of(len(rows), f"equal {section.noun}"),), [table])]


def _plain(value: _Value) -> Pieces:
    if value is None:
        return ABSENT
    return user(value) if isinstance(value, str) else number(value)


def _cells(row: _Row) -> list[Pieces]:
    if any(isinstance(value, str) for value in row.values):
        return _texts(row)
    return [_measured(row, index) for index in range(len(row.values))]


def _measured(row: _Row, index: int) -> Pieces:
    value, first = row.values[index], row.values[0]
    if value is None or isinstance(value, str):
        return ABSENT
    if not index or first is None or isinstance(first, str):
        return number(value)
    return number(value), " ", *metric_change(MetricChange(row.key, first, value))


def _texts(row: _Row) -> list[Pieces]:
    """Return texts so shortened that it can be seen where they differ."""
    texts = [None if value is None else one_line(str(value)) for value in row.values]
    given = [text for text in texts if text is not None]
    other = next((text for text in given if text != given[0]), given[0])
    shown = {text: shorten_pair(given[0], text, _CELL)[1] for text in given}
    shown[given[0]] = shorten_pair(given[0], other, _CELL)[0]
    return [ABSENT if text is None else user(shown[text], _CELL) for text in texts]


def _code(runs: Sequence[RunDetails], names: Sequence[Pieces]) -> list[Block]:
    known = [index for index, details in enumerate(runs) if details.code]
    if len(known) < 2:  # noqa: PLR2004 - it takes two to differ
        return []
    first = runs[known[0]].code
    if all(runs[index].code == first for index in known):
        return [Heading("The code is the same")]
    blocks: list[Block] = []
    for number_, index in enumerate(known):
        if lines := code_diff(first, runs[index].code):
            title = joined(["Code, from", names[known[0]], "to", names[index]], " ")
            shown = [Diff(lines)]
            if number_ <= _DIFFS_SHOWN:
                blocks += [Heading(title), *shown]
            else:
                blocks.append(Fold((title,), shown, shown))
    return blocks
