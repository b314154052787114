"""The house has seven floors: imports run only downward, and modules stay small."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

import celltrail

SOURCE = Path(celltrail.__file__).parent
FLOORS = (
    ("cli",),
    ("notebook", "server"),
    ("widgets", "autolog", "projects", "monitoring"),
    ("tracking", "models", "registry", "views", "data"),
    ("store",),
    ("settings",),
    ("entities", "errors", "environment", "masking"),
)
# Thin modules that only give MLflow's import paths, and the part they stand beside.
THIN = {"artifacts": "tracking", "client": "tracking", "exceptions": "errors"}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
BELOW_THE_ROOF = [module for module in FILES if module != "celltrail"]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def part(module: str) -> str:
    """Return the part of the house a module is in: celltrail.store.fold → store."""
    return module.split(".")[1]


def floor(module: str) -> int:
    """Return how many floors below the roof a module stands."""
    name = THIN.get(part(module), part(module))
    for number, parts in enumerate(FLOORS):
        if name in parts:
            return number
    message = f"{module} has no floor: add {name!r} to FLOORS, or to THIN."
    raise AssertionError(message)


def for_types_only(module: str) -> set[ast.AST]:
    """Return the statements below ``if TYPE_CHECKING:``."""
    guards = (
        node
        for node in ast.walk(tree(module))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {statement for guard in guards for statement in ast.walk(guard)}


def named_by(node: ast.AST, module: str) -> set[str]:
    """Return the modules an import statement names."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    package = (
        module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    )
    source = resolve_name("." * node.level + (node.module or ""), package)
    names = (f"{source}.{alias.name}" for alias in node.names)
    return {name if name in FILES else source for name in names}


def imports(module: str, *, for_types: bool) -> set[str]:
    """Return what a module imports anywhere, with or without what only types need."""
    skipped = set() if for_types else for_types_only(module)
    nodes = (node for node in ast.walk(tree(module)) if node not in skipped)
    return {name for node in nodes for name in named_by(node, module)}


def own_imports(module: str, *, for_types: bool) -> set[str]:
    own = imports(module, for_types=for_types) & FILES.keys()
    return own - {module, "celltrail"}


@pytest.mark.parametrize("module", BELOW_THE_ROOF)
def test_imports_never_run_upward(module: str) -> None:
    named = own_imports(module, for_types=True)
    assert {name for name in named if floor(name) < floor(module)} == set()


def test_parts_on_one_floor_do_not_need_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module in BELOW_THE_ROOF:
        named = {part(name) for name in own_imports(module, for_types=False)}
        graph.setdefault(part(module), set()).update(named - {part(module)})
    assert circle(graph) == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {module: own_imports(module, for_types=False) for module in BELOW_THE_ROOF}
    assert circle(graph) == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


@pytest.mark.parametrize("module", BELOW_THE_ROOF)
def test_only_the_store_knows_duckdb(module: str) -> None:
    named = {name.partition(".")[0] for name in imports(module, for_types=True)}
    assert "duckdb" not in named or part(module) == "store"


@pytest.mark.parametrize("module", FILES)
def test_modules_are_short(module: str) -> None:
    lines = FILES[module].read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_MODULE


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the length of a function without its docstring."""
    documented = function.body[0] if ast.get_docstring(function) else None
    return length(function) - (length(documented) if documented else 0)


def length(node: ast.stmt) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("module", FILES)
def test_functions_are_short(module: str) -> None:
    lengths = {
        node.name: code_lines(node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {k: n for k, n in lengths.items() if n > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("module", FILES)
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(tree(module))
