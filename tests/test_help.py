"""Every option of the magics and of the command line is explained."""

from __future__ import annotations

import argparse
import inspect
import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

TRACK_OPTIONS = {
    "--experiment",
    "--tag",
    "--param",
    "--metric",
    "--no-capture",
    "--nested",
    "--description",
}
COMMANDS = {
    "artifacts",
    "backup",
    "compare",
    "delete",
    "doctor",
    "experiments",
    "export",
    "gc",
    "import",
    "restore",
    "runs",
    "show",
    "sql",
}


def magic_parsers() -> list[argparse.ArgumentParser]:
    """Return the parsers that the notebook's modules, classes and functions carry."""
    package = import_module("celltrail.notebook")
    found = {}
    for module in pkgutil.walk_packages(package.__path__, "celltrail.notebook."):
        for held in vars(import_module(module.name)).values():
            for value in (
                held,
                *(vars(held).values() if inspect.isclass(held) else ()),
            ):
                parser = getattr(value, "parser", value)
                if isinstance(parser, argparse.ArgumentParser):
                    found[id(parser)] = parser
    return [nested for parser in found.values() for nested in with_nested(parser)]


def with_nested(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for nested in action.choices.values():
                yield from with_nested(nested)


def test_every_option_of_the_magics_has_a_help_text() -> None:
    unexplained = {
        f"{parser.prog} {'/'.join(action.option_strings) or action.dest}"
        for parser in magic_parsers()
        for action in parser._actions
        if not action.help or action.help == argparse.SUPPRESS
    }
    assert unexplained == set()


def test_the_options_of_track_are_among_them() -> None:
    options = {
        option
        for parser in magic_parsers()
        for action in parser._actions
        for option in action.option_strings
    }
    assert options >= TRACK_OPTIONS


def commands(
    command: click.Command, name: str = "celltrail"
) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for key, nested in getattr(command, "commands", {}).items():
        yield from commands(nested, f"{name} {key}")


@pytest.fixture
def command_line() -> dict[str, click.Command]:
    from celltrail.cli import main

    return dict(commands(main))


def test_the_commands_are_there(command_line: dict[str, click.Command]) -> None:
    assert {f"celltrail {name}" for name in COMMANDS} <= command_line.keys()


def test_every_command_is_explained(command_line: dict[str, click.Command]) -> None:
    assert [name for name, found in command_line.items() if not found.help] == []


def test_every_option_of_a_command_has_a_help_text(
    command_line: dict[str, click.Command],
) -> None:
    unexplained = {
        f"{name} {option.name}"
        for name, command in command_line.items()
        for option in command.params
        if option.param_type_name == "option" and not getattr(option, "help", None)
    }
    assert unexplained == set()
