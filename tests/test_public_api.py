"""Every public name can be found, is explained, and has an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import celltrail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SOURCE = Path(celltrail.__file__).parent
PUBLIC_MODULES = ("artifacts", "data", "entities", "exceptions", "tracking")
NAMES = [name for name in celltrail.__all__ if not name.startswith("__")]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples() -> list[str]:
    return [
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        for path in sorted(SOURCE.rglob("*.py"))
        if ">>> " in path.read_text(encoding="utf-8")
    ]


def names_for_type_checkers() -> set[str]:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    guards = (node for node in tree.body if isinstance(node, ast.If))
    statements = (statement for guard in guards for statement in guard.body)
    return {
        alias.name
        for statement in statements
        if isinstance(statement, ast.ImportFrom)
        and (statement.module or "").startswith("celltrail")
        for alias in statement.names
    }


def test_the_public_names_are_sorted() -> None:
    assert celltrail.__all__ == sorted(celltrail.__all__)


def test_type_checkers_see_the_public_names() -> None:
    defined_here = {"load_ipython_extension", "unload_ipython_extension"}
    assert names_for_type_checkers() == {*NAMES} - defined_here


def test_the_whole_tracking_api_is_public() -> None:
    assert {*import_module("celltrail.tracking.fluent").__all__} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_found_and_explained(name: str) -> None:
    value = getattr(celltrail, name)
    assert summary(value).endswith((".", "?", "`"))


def summary(value: object) -> str:
    """Return the first line of a docstring; an alias's is that of what it names."""
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")


@pytest.mark.parametrize("name", NAMES)
def test_a_public_function_has_an_example(name: str) -> None:
    value = getattr(celltrail, name)
    documented = inspect.getdoc(value) or ""
    if inspect.isfunction(value):
        assert "Examples\n--------\n" in documented


def public_of(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_what_a_public_module_holds_is_explained(module: str) -> None:
    held = import_module(f"celltrail.{module}")
    assert summary(held)
    assert [name for name, value in public_of(held) if not summary(value)] == []


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'start_rum'") as raised:
        getattr(celltrail, "start_rum")  # noqa: B009
    assert raised.value.name == "start_rum"


def test_dir_lists_the_public_names() -> None:
    assert {*celltrail.__all__} <= {*dir(celltrail)}


def test_every_module_can_be_imported() -> None:
    for found in pkgutil.walk_packages([str(SOURCE)], "celltrail."):
        if not found.name.endswith("__main__"):
            import_module(found.name)


@pytest.mark.parametrize("module", modules_with_examples())
@pytest.mark.usefixtures("tracking")
def test_the_examples_run(module: str, folder: Path) -> None:
    """Each docstring's, in order, with a new store of its own."""
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    report: list[str] = []
    for number, test in enumerate(examples_of(module)):
        place = folder / str(number)
        place.mkdir()
        os.chdir(place)
        celltrail.set_tracking_uri(place)
        runner.run(test, out=report.append)
        while celltrail.active_run() is not None:
            celltrail.end_run()
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def examples_of(module: str) -> list[doctest.DocTest]:
    tests = doctest.DocTestFinder().find(import_module(module))
    return sorted(test for test in tests if test.examples)
