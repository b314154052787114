"""What is known about a cell before it runs; plain data, kept per text of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Argument", "Assigned", "CellPlan", "Constant", "Function", "Invocation"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A name bound once from a constant expression made of the names in `needs`."""

    name: str
    needs: frozenset[str]
    literal: Any


@dataclass(frozen=True, slots=True)
class Argument:
    """A literal argument of a call; `name` is None while only its place is known."""

    callee: tuple[str, ...]
    name: str | None
    position: int
    value: Any
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of what may be a function of the notebook: literals, else `MISSING`."""

    name: str
    positional: tuple[Any, ...]
    keywords: dict[str, Any]
    spread: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function defined in the notebook: its arguments, defaults and inside."""

    name: str
    arguments: tuple[str, ...]
    defaults: dict[str, Any]
    inner: tuple[Argument, ...]
    loads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A name the cell binds that may hold a metric or another result.

    Attributes
    ----------
    measured
        A metric call stands in the expression.
    single
        Bound once and outside loops: eligible as a value.
    folded
        Filled while looping over the folds of a split.
    stored_in
        Containers the name is put into within a loop.
    """

    name: str
    line: int
    measured: bool
    single: bool
    looped: bool
    folded: bool
    fitted: bool
    copied: bool
    stored_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellPlan:
    """The candidates found in one cell by `analyse`.

    Attributes
    ----------
    loads, bound
        The names the cell uses, plots apart, and those it binds.
    lines
        Where names are bound first.
    stepped
        A loop of the cell runs over epochs or steps, so that its numbers are curves.
    """

    constants: tuple[Constant, ...] = ()
    arguments: tuple[Argument, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    classes: tuple[str, ...] = ()
    assigned: tuple[Assigned, ...] = ()
    functions: dict[str, Function] = field(default_factory=dict)
    loads: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    lines: dict[str, int] = field(default_factory=dict)
    stepped: bool = False
