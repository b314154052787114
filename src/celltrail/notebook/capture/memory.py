"""What the cells before have left: names that are params, functions, config classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celltrail.notebook.capture.plan import CellPlan, Function

__all__ = ["Memory"]


class Memory:
    """The names of a session that later cells may use as parameters.

    Attributes
    ----------
    names
        Global names that hold params: ``LR``, ``cfg``.
    functions
        Functions defined in cells, by name.
    classes
        Classes that only hold constants.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.functions: dict[str, Function] = {}
        self.classes: set[str] = set()

    def learn(self, plan: CellPlan, names: Iterable[str]) -> None:
        """Remember a cell that was executed; `names` are those that are params."""
        for forgotten in plan.bound:
            self.names.discard(forgotten)
            self.classes.discard(forgotten)
            self.functions.pop(forgotten, None)
        self.names.update(names)
        self.functions.update(plan.functions)
        self.classes.update(plan.classes)
