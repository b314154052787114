"""Processes and questions that the store's tests share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celltrail.store import Store

_WORKERS = Path(__file__).with_name("workers.py")


class Spawn(Protocol):
    """Starts `workers.py ACTION …` in a process of its own."""

    def __call__(self, action: str, *arguments: object) -> subprocess.Popen[str]: ...


class Rows(Protocol):
    """Asks the store a question."""

    def __call__(self, query: str, *parameters: object) -> list[tuple[Any, ...]]: ...


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Return a starter of worker processes; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(action: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(_WORKERS), action, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def rows(store: Store) -> Rows:
    """Return a function that reads the store."""

    def ask(query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with store.reading() as connection:
            return connection.execute(query, list(parameters)).fetchall()

    return ask
