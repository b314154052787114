"""IPython in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a terminal"),
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    pexpect = pytest.importorskip("pexpect")
    monkeypatch.delenv("CELLTRAIL_PARENT", raising=False)
    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"]
    child = pexpect.spawn(
        sys.executable, arguments, encoding="utf-8", timeout=60, dimensions=(50, 120)
    )
    child.expect(r"In \[1\]: ")
    yield child
    child.close(force=True)


def test_a_terminal_tracks_cells_and_leaves_quietly(terminal: Any) -> None:
    terminal.sendline("%load_ext celltrail")
    terminal.expect("no runs yet")
    terminal.expect(r"In \[2\]: ")
    for line in ("%%track term", "lr = 0.5", "loss = float(lr)", "", ""):
        terminal.sendline(line)
    terminal.expect("term finished in")
    terminal.expect(r"In \[3\]: ")
    terminal.sendline("%trail")
    terminal.expect("experiment Default")
    terminal.expect("term")
    terminal.sendline("exit")
    terminal.expect(r"exit\r\n")
    rest = terminal.read()
    assert "leaked" not in rest
    assert "Traceback" not in rest
    assert terminal.wait() == 0
    from celltrail.store.query.search import search_runs

    (run,) = search_runs(open_store(), None)
    assert (run.info.run_name, run.info.status) == ("term", "FINISHED")
