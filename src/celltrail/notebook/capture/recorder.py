"""Recording what a tracked cell measures, by a transformer of its syntax tree.

An expression ``f(x)`` becomes ``record(f(x), 7)`` in the same place: ``f(x)`` is
evaluated first, so an error in it has the traceback it always had. The function is
found among the builtins while the cell runs; the namespace of the user stays as it is.
"""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from celltrail.notebook.capture.plain import number, numbers
from celltrail.notebook.capture.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from celltrail.notebook.capture.sites import Site

__all__ = ["Record", "Recorder"]

T = TypeVar("T")
_NAME = "__celltrail_record__"
_MOST_POINTS = 20_000


@dataclass(slots=True)
class Record:
    """What came out at one site: numbers in order, and the last compound result."""

    site: Site
    points: list[float] = field(default_factory=list)
    compound: Any = None
    stride: int = 1
    seen: int = 0

    def add(self, value: float) -> None:
        """Keep a point; of very many, every second, then every fourth, and so on."""
        if self.seen % self.stride == 0:
            self.points.append(value)
            if len(self.points) >= _MOST_POINTS:
                del self.points[1::2]
                self.stride *= 2
        self.seen += 1


class Recorder:
    """Wraps the measuring expressions of the cells run between begin and end.

    Parameters
    ----------
    shell
        The IPython shell; its list `ast_transformers` holds the recorder meanwhile.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._open: list[list[Record]] = []
        self._records: list[Record] = []

    def begin(self) -> None:
        """Begin to record; a cell run inside a tracked cell has records of its own."""
        self._open.append([])
        if len(self._open) == 1:
            setattr(builtins, _NAME, _recording(self._records))
            self._shell.ast_transformers.append(self)

    def end(self) -> list[Record]:
        """Stop and return what was recorded since the last `begin`."""
        if not self._open:
            return []
        records = self._open.pop()
        if not self._open:
            self._records.clear()
            vars(builtins).pop(_NAME, None)
            transformers = self._shell.ast_transformers
            transformers[:] = [t for t in transformers if t is not self]
        return _with_splits([r for r in records if r.seen or r.compound is not None])

    def visit(self, tree: T) -> T:
        """Return the tree with its sites wrapped; IPython calls it on each cell."""
        if self._open and isinstance(tree, ast.Module) and not _is_timing():
            try:
                Sites(self._wrap).statements(tree.body)
            except RecursionError:
                return tree
        return tree

    def _wrap(self, node: ast.expr, site: Site) -> ast.expr:
        record = Record(site)
        self._records.append(record)
        self._open[-1].append(record)
        function = ast.Name(_NAME, ast.Load())
        index = ast.Constant(len(self._records) - 1)
        call = ast.Call(function, [node, index], [])
        for made in (function, index, call):
            ast.copy_location(made, node)
        return call


def _is_timing() -> bool:
    """Return whether the tree comes from ``%timeit``, whose code must stay as it is."""
    frame = sys._getframe(2).f_back  # noqa: SLF001 - the caller of transform_ast
    return frame is not None and frame.f_code.co_name == "timeit"


def _recording(records: list[Record]) -> Callable[[T, int], T]:
    def record(value: T, index: int) -> T:
        __tracebackhide__ = True
        try:  # noqa: SIM105 - in a loop suppress() costs more than the rest
            _note(records[index], value)
        except Exception:  # noqa: BLE001, S110 - the user's cell goes on
            pass
        return value

    return record


def _note(record: Record, value: Any) -> None:
    kind = type(value)
    if kind is float:
        record.add(value)
    elif kind is dict:
        record.compound = dict(value)
    elif (one := number(value)) is not None:
        record.add(one)
    elif not record.site.assigned and (many := numbers(value)) is not None:
        record.compound = many


def _with_splits(records: list[Record]) -> list[Record]:
    """Prefix names with their split; test is the plain one unless others are there."""
    others = {r.site.name for r in records if r.site.split in {"train", "val"}}
    for record in records:
        site = record.site
        if site.split in {"train", "val"} or (site.split and site.name in others):
            record.site = replace(site, name=f"{site.split}_{site.name}", split="")
    return records
