"""One walk over a cell's tree: what it binds, calls, loads, changes and defines.

Only code that runs with the cell itself is walked; bodies of functions are kept for
the functions, lambdas only lend the names they load.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from celltrail.notebook.capture.shapes import is_split, root, target_names
from celltrail.notebook.capture.vocabulary import (
    MUTATORS,
    PLOT_METHODS,
    PLOT_MODULES,
    is_plot_function,
    is_plot_receiver,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Binding", "Call", "Scan"]


@dataclass(slots=True)
class Binding:
    """How a name is bound in the cell; `value` is the expression of the first time."""

    line: int
    value: ast.expr | None
    unpacked: bool = False
    count: int = 1
    looped: bool = False
    augmented: bool = False
    folded: bool = False


@dataclass(slots=True)
class Call:
    """A call at the level of the cell, and the names its value goes to, if any."""

    node: ast.Call
    targets: tuple[str, ...]
    looped: bool


@dataclass(slots=True)
class Scan:
    """The facts about one cell that the rules are applied to."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    loop_names: set[str] = field(default_factory=set)
    mutated: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    loads: set[str] = field(default_factory=set)
    plot_loads: set[str] = field(default_factory=set)
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = field(
        default_factory=list
    )
    classes: list[ast.ClassDef] = field(default_factory=list)
    items: dict[str, list[ast.expr]] = field(default_factory=dict)
    appended: dict[str, list[ast.expr]] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    plot_aliases: set[str] = field(default_factory=set)
    _loops: int = 0
    _folds: int = 0
    _plots: int = 0
    _targets: tuple[str, ...] = ()

    def visit(self, node: ast.AST) -> None:
        """Take in one node and what is below it."""
        if isinstance(node, ast.Constant):
            return
        handler = getattr(self, f"on_{type(node).__name__.lower()}", None)
        if handler is not None:
            handler(node)
            return
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _bind(
        self, name: str, line: int, value: ast.expr | None, *, unpacked: bool = False
    ) -> None:
        if self._loops and isinstance(value, ast.Name):
            self.copied.add(value.id)
        known = self.bindings.get(name)
        if known is None:
            self.bindings[name] = Binding(
                line,
                value,
                unpacked,
                looped=self._loops > 0,
                folded=self._folds > 0,
            )
        else:
            known.count += 1
            known.looped = known.looped or self._loops > 0
            known.folded = known.folded or self._folds > 0

    def _bind_target(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, target.lineno, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target, value)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None)
        elif isinstance(target, ast.Subscript):
            self._bind_item(target, value)
        else:
            self.visit(target)

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr | None) -> None:
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(
            target.elts
        )
        for index, part in enumerate(target.elts):
            if same:
                self._bind_target(part, value.elts[index])  # type: ignore[union-attr]
            elif isinstance(part, ast.Name):
                self._bind(part.id, part.lineno, value, unpacked=True)
            else:
                self._bind_target(part, None)

    def _bind_item(self, target: ast.Subscript, value: ast.expr | None) -> None:
        self.visit(target.slice)
        base = target.value
        if isinstance(base, ast.Name):
            self.loads.add(base.id)
            plain = isinstance(target.slice, ast.Constant) and not self._loops
            if value is not None and plain:
                self.items.setdefault(base.id, []).append(value)
            else:
                self.mutated.add(base.id)
                if value is not None:
                    self.appended.setdefault(base.id, []).append(value)
        else:
            self.visit(base)

    def on_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Keep a function; its body does not run now."""
        self._bind(node.name, node.lineno, None)
        self.functions.append(node)
        self._all(node.decorator_list)
        self._all(node.args.defaults)

    on_asyncfunctiondef = on_functiondef

    def on_classdef(self, node: ast.ClassDef) -> None:
        """Keep a class; its body is looked at apart."""
        self._bind(node.name, node.lineno, None)
        self.classes.append(node)
        self._all([*node.decorator_list, *node.bases])

    def on_lambda(self, node: ast.Lambda) -> None:
        """Take the names a lambda loads."""
        names = {n.id for n in ast.walk(node.body) if isinstance(n, ast.Name)}
        own = {argument.arg for argument in node.args.args}
        self._load(names - own)

    def on_for(self, node: ast.For | ast.AsyncFor) -> None:
        """Walk a loop; its targets are loop variables."""
        self.visit(node.iter)
        folds = is_split(node.iter)
        self._loops += 1
        self._folds += folds
        for name in ast.walk(node.target):
            if isinstance(name, ast.Name):
                self.loop_names.add(name.id)
                self._bind(name.id, name.lineno, None)
        self._all(node.body)
        self._loops -= 1
        self._folds -= folds
        self._all(node.orelse)

    on_asyncfor = on_for

    def on_while(self, node: ast.While) -> None:
        """Walk a while loop."""
        self._loops += 1
        self.visit(node.test)
        self._all(node.body)
        self._loops -= 1
        self._all(node.orelse)

    def on_assign(self, node: ast.Assign) -> None:
        """Bind the targets of an assignment."""
        self._value(node.value, node.targets[0])
        for target in node.targets:
            self._bind_target(target, node.value)

    def on_annassign(self, node: ast.AnnAssign) -> None:
        """Bind an annotated name."""
        if node.value is not None:
            self._value(node.value, node.target)
            self._bind_target(node.target, node.value)

    def on_namedexpr(self, node: ast.NamedExpr) -> None:
        """Bind the name of ``:=``."""
        self._value(node.value, node.target)
        self._bind_target(node.target, node.value)

    def _value(self, value: ast.expr, target: ast.expr) -> None:
        outer = self._targets
        self._targets = target_names(target)
        self.visit(value)
        self._targets = outer

    def on_augassign(self, node: ast.AugAssign) -> None:
        """Mark an accumulator."""
        self.visit(node.value)
        base = root(node.target)
        if base is not None and isinstance(node.target, ast.Name):
            self._bind(base, node.lineno, None)
            self.bindings[base].augmented = True
        elif base is not None:
            self.mutated.add(base)
            self.loads.add(base)

    def on_delete(self, node: ast.Delete) -> None:
        """Count a deleted name as bound twice: it holds nothing."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._bind(target.id, target.lineno, None)
                self.bindings[target.id].count += 1
            else:
                self.visit(target)

    def on_import(self, node: ast.Import) -> None:
        """Bind imported modules."""
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._imported(name, alias.name, node.lineno)

    def on_importfrom(self, node: ast.ImportFrom) -> None:
        """Bind imported names."""
        for alias in node.names:
            self._imported(alias.asname or alias.name, node.module or "", node.lineno)

    def _imported(self, name: str, module: str, line: int) -> None:
        self._bind(name, line, None)
        if module.partition(".")[0] in PLOT_MODULES:
            self.plot_aliases.add(name)

    def on_call(self, node: ast.Call) -> None:
        """Keep a call and walk its arguments."""
        function = node.func
        plots = self._is_plot(function)
        self._plots += plots
        if isinstance(function, ast.Attribute):
            self._method(function, node)
            self.visit(function.value)
        else:
            self.visit(function)
        if not self._plots:
            self.calls.append(Call(node, self._targets, self._loops > 0))
        self._all(node.args)
        self._all(keyword.value for keyword in node.keywords)
        self._plots -= plots

    def _method(self, function: ast.Attribute, node: ast.Call) -> None:
        base = root(function.value)
        if base is None or function.attr not in MUTATORS:
            return
        self.mutated.add(base)
        if function.attr == "append" and node.args:
            self.appended.setdefault(base, []).append(node.args[0])
            if self._folds:
                self.folded.add(base)

    def _is_plot(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            name = function.id
            return is_plot_function(name) or name in self.plot_aliases
        if not isinstance(function, ast.Attribute):
            return False
        base = root(function.value)
        if base is not None and (is_plot_receiver(base) or base in self.plot_aliases):
            return True
        return function.attr in PLOT_METHODS or is_plot_function(function.attr)

    def on_listcomp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        """Walk a comprehension, whose targets are its own."""
        own = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        before = own & self.loads
        self._loops += 1
        for generator in node.generators:
            self.visit(generator.iter)
            self._all(generator.ifs)
        if isinstance(node, ast.DictComp):
            self._all([node.key, node.value])
        else:
            self.visit(node.elt)
        self._loops -= 1
        self.loads -= own - before

    on_dictcomp = on_generatorexp = on_setcomp = on_listcomp

    def on_name(self, node: ast.Name) -> None:
        """Load or bind a name."""
        if isinstance(node.ctx, ast.Load):
            self._load((node.id,))
        else:
            self._bind(node.id, node.lineno, None)

    def _load(self, names: Iterable[str]) -> None:
        (self.plot_loads if self._plots else self.loads).update(names)

    def on_attribute(self, node: ast.Attribute) -> None:
        """Walk what an attribute is of; storing one changes it."""
        if not isinstance(node.ctx, ast.Load):
            base = root(node.value)
            if base is not None:
                self.mutated.add(base)
        self.visit(node.value)

    def on_excepthandler(self, node: ast.ExceptHandler) -> None:
        """Walk an except clause."""
        if node.name:
            self._bind(node.name, node.lineno, None)
        if node.type is not None:
            self.visit(node.type)
        self._all(node.body)

    def on_matchas(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """Bind a name captured by a pattern."""
        if node.name:
            self._bind(node.name, node.lineno, None)
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self.visit(node.pattern)

    on_matchstar = on_matchas
