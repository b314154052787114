"""A real shell in this process, and real kernels in their own."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celltrail.entities import Run


@dataclass
class Executed:
    """What became of a cell."""

    result: Any
    stdout: str
    stderr: str
    displays: list[Any] = field(default_factory=list)

    @property
    def error(self) -> BaseException | None:
        """The exception that ended the cell."""
        found: BaseException | None
        found = self.result.error_before_exec or self.result.error_in_exec
        return found

    @property
    def cards(self) -> list[str]:
        """The run cards, as text."""
        texts = [output.data.get("text/plain", "") for output in self.displays]
        return [text for text in texts if "%trail show" in text]


class Notebook:
    """Executes cells in the shell, as a front end would."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def __call__(
        self, code: str, cell_id: str | None = None, **options: Any
    ) -> Executed:
        options.setdefault("store_history", True)
        with capture_output() as captured:
            result = self.shell.run_cell(code, cell_id=cell_id, **options)
        return Executed(result, captured.stdout, captured.stderr, captured.outputs)

    @property
    def names(self) -> dict[str, Any]:
        names: dict[str, Any] = self.shell.user_ns
        return names

    def runs(self) -> list[Run]:
        """Return the runs there are, oldest first."""
        from celltrail.store import open_store
        from celltrail.store.query.search import search_runs

        return search_runs(open_store(), None)[::-1]

    def last(self) -> Run:
        return self.runs()[-1]

    def complete(self, text: str, cell: str | None = None, row: int = 0) -> list[str]:
        """Return what Tab offers at the end of a text, or of a row of a cell."""
        full = cell if cell is not None else text
        offset = len("\n".join([*full.split("\n")[:row], text])) if cell else len(text)
        found = self.shell.Completer.completions(full, offset)
        return [full[: one.start] + one.text for one in found]


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    """Give an IPython shell, kept for the tests of a module."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    hook, main = sys.excepthook, sys.modules["__main__"]
    shell = InteractiveShell.instance(config=config)
    shell.Completer.use_jedi = False
    yield shell
    InteractiveShell.clear_instance()
    # The shell has put a module without a specification in the program's place.
    sys.excepthook, sys.modules["__main__"] = hook, main


@pytest.fixture
def bare(shell: InteractiveShell) -> Iterator[Notebook]:
    """Give a notebook without celltrail, its names forgotten."""
    forget_names(shell)
    notebook = Notebook(shell)
    notebook.names["measured"] = float
    yield notebook
    notebook("%unload_ext celltrail")
    forget_names(shell)


def forget_names(shell: InteractiveShell) -> None:
    """Do what `reset` does, without its collection of garbage."""
    shell.user_ns.clear()
    shell.init_user_ns()
    shell.execution_count = 1


@pytest.fixture
def notebook(bare: Notebook) -> Notebook:
    """Return a notebook with celltrail."""
    loaded = bare("%load_ext celltrail")
    assert loaded.error is None
    return bare
