"""Kernels as front ends use them: interrupted, killed, threaded, without a place."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from celltrail.store import open_store
from celltrail.store.query import queries
from celltrail.store.query.search import search_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from celltrail.entities import Run

pytestmark = pytest.mark.kernel


@pytest.fixture(autouse=True)
def no_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kernels find the test's store, not that of an earlier test's process."""
    monkeypatch.delenv("CELLTRAIL_PARENT", raising=False)


class Kernel:
    """A kernel with a client, as Jupyter's server or VS Code holds one."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(startup_timeout=60)

    def run(
        self, code: str, cell_id: str | None = None, **content: Any
    ) -> dict[str, Any]:
        """Execute a cell and return the reply."""
        return self.reply(self.send(code, cell_id, **content))

    def reply(self, sent: str) -> dict[str, Any]:
        """Return the reply to a request; a slow start leaves others in the way."""
        while True:
            message = self.client.get_shell_msg(timeout=60)
            if message["parent_header"].get("msg_id") == sent:
                content: dict[str, Any] = message["content"]
                return content

    def send(self, code: str, cell_id: str | None = None, **header: Any) -> str:
        """Ask for the execution of a cell, the way Lab does."""
        session = self.client.session
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = session.msg("execute_request", content)
        message["header"].update(header)
        if cell_id is not None:
            message["metadata"] = {"cellId": cell_id}
        self.client.shell_channel.send(message)
        sent: str = message["header"]["msg_id"]
        return sent

    def wait_for(self, text: str) -> str:
        """Wait until a cell prints a text, and return all it printed with it."""
        while True:
            content = self.client.get_iopub_msg(timeout=60)["content"]
            printed: str = content.get("text", "")
            if text in printed:
                return printed

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(folder: Path) -> Iterator[Kernel]:
    kernel = Kernel()
    assert kernel.run("%load_ext celltrail")["status"] == "ok"
    yield kernel
    kernel.stop()
    assert folder.is_dir()


def runs() -> list[Run]:
    return search_runs(open_store(), None)[::-1]


@pytest.mark.parametrize(
    "body",
    [
        "import time\nprint('go', flush=True)\ntime.sleep(60)",
        "import asyncio\nprint('go', flush=True)\nawait asyncio.sleep(60)",
    ],
)
def test_an_interrupted_cell_is_killed_and_the_next_one_works(
    kernel: Kernel, body: str
) -> None:
    first = kernel.send(f"%%track long\nlr = 0.1\n{body}")
    kernel.wait_for("go")
    kernel.manager.interrupt_kernel()
    # An interrupted await is answered when the kernel wakes up for the next message.
    second = kernel.send("%%track next\nx = 1")
    assert kernel.reply(first)["status"] == "error"
    assert kernel.reply(second)["status"] == "ok"
    long, following = runs()
    assert (long.info.status, following.info.status) == ("KILLED", "FINISHED")
    assert long.info.end_time is not None
    assert long.data.params == {"lr": "0.1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_run_of_a_killed_kernel_is_killed(kernel: Kernel) -> None:
    kernel.send(
        "%%track\nimport celltrail, os, time\ncelltrail.log_metric('a', 1)\n"
        "print(f'pid={os.getpid()}.', flush=True)\ntime.sleep(60)"
    )
    pid = int(kernel.wait_for("pid=").partition("=")[2].partition(".")[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while runs()[0].info.status == "RUNNING" and time.monotonic() < deadline:
        pass  # until the system has let go of the lock
    (run,) = runs()
    assert (run.info.status, run.data.metrics) == ("KILLED", {"a": 1.0})
    assert run.data.context["code"]


def test_the_front_ends_cell_id_is_kept(kernel: Kernel) -> None:
    kernel.run("%%track\nlr = 0.1", "cell-1")
    kernel.run("%%track\nlr = 0.2", "cell-2")
    assert [run.data.context["cell_id"] for run in runs()] == ["cell-1", "cell-2"]


def test_a_cell_on_a_subshell_is_a_run_too(kernel: Kernel) -> None:
    session = kernel.client.session
    message = session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=60)["content"]
    if "subshell_id" not in reply:
        pytest.skip("this ipykernel has no subshells")
    aside = {"subshell_id": reply["subshell_id"]}
    kernel.run("import celltrail, time\nover = False")
    kernel.send(
        "%%track main\nprint('go', flush=True)\nwhile not over:\n    time.sleep(0.01)\n"
        "celltrail.log_metric('main', 1)"
    )
    kernel.wait_for("go")
    kernel.send("%%track side\ncelltrail.log_metric('side', 1)", **aside)
    kernel.send("over = True", **aside)
    replies = [kernel.client.get_shell_msg(timeout=60)["content"] for _ in range(3)]
    assert [reply["status"] for reply in replies] == ["ok"] * 3
    main, side = runs()
    assert (main.info.run_name, main.data.metrics) == ("main", {"main": 1.0})
    assert (side.info.run_name, side.data.metrics) == ("side", {"side": 1.0})
    assert {main.info.status, side.info.status} == {"FINISHED"}


def test_a_figure_is_kept(kernel: Kernel) -> None:
    kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
    kernel.run("%%track\nplt.plot([1, 2])\nprint('text')")
    found = queries.artifact_files(open_store(), runs()[0].info.run_id)
    endings = sorted(file.path.rpartition(".")[2] for file in found)
    assert endings == ["png", "txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_is_one_warning(kernel: Kernel) -> None:
    kernel.run("%%track before\nx = 1")
    kernel.run(
        "import resource, signal, celltrail\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
    )
    code = (
        "%%track full\nfor i in range(500):\n    celltrail.log_metric('a', i, step=i)\n"
        "done = True"
    )
    kernel.send(code)
    reply = kernel.client.get_shell_msg(timeout=60)["content"]
    assert reply["status"] == "ok"
    said = ""
    while "idle" not in said:
        content = kernel.client.get_iopub_msg(timeout=60)["content"]
        said += content.get("text", "") if content.get("name") == "stderr" else ""
        said += content.get("execution_state", "") if said else ""
    assert said.count("celltrail:") == 1
    assert kernel.run("%%track\nassert done")["status"] == "ok"
    assert runs()[0].info.run_name == "before"


def test_nbclient_executes_a_tracked_notebook(folder: Path) -> None:
    cells = ["%load_ext celltrail", "%%track one\nlr = 0.1\nlr", "%trail runs"]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(nb, kernel_name="python3", timeout=120)
    client.resources = {"metadata": {"path": str(folder)}}
    client.execute()
    assert [run.info.run_name for run in runs()] == ["one"]
    table = nb.cells[2].outputs[0]["data"]
    assert "one" in table["text/plain"]
    assert "<table" in table["text/html"]


def test_papermill_executes_a_tracked_notebook(folder: Path) -> None:
    papermill = pytest.importorskip("papermill")
    cells = [
        "lr = 0.1",
        "%load_ext celltrail",
        "%%track trained\nloss = lr * 2\nprint(loss)",
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nb.cells[0].metadata["tags"] = ["parameters"]
    nb.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "",
        "language": "python",
    }
    nbformat.write(nb, folder / "in.ipynb")
    for lr in (0.2, 0.3):
        parameters = {"lr": lr, "PAPERMILL_INPUT_PATH": str(folder / "in.ipynb")}
        papermill.execute_notebook(
            str(folder / "in.ipynb"),
            str(folder / "out.ipynb"),
            parameters,
            progress_bar=False,
            cwd=str(folder),
        )
    first, second = runs()
    assert (first.data.params["lr"], second.data.params["lr"]) == ("0.2", "0.3")
    assert first.data.context["notebook"] == "in.ipynb"
    card = nbformat.read(folder / "out.ipynb", 4).cells[-1].outputs[-1]["data"]
    assert "lr 0.2 → 0.3" in card["text/plain"]
