"""Output is copied whole, bounded, and the user sees what there was without us."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from traitlets.config import Config

from celltrail.notebook.capture.bounded import BoundedText
from celltrail.notebook.capture.output import CapturedOutput, OutputTap

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shell() -> Iterator[Any]:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


def captured(shell: Any, code: str) -> CapturedOutput:
    tap = OutputTap(shell)
    tap.start()
    shell.run_cell(code, store_history=True)
    return tap.stop()


def test_streams_are_copied_and_still_shown(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys\nprint('out', 1)\nprint('err', file=sys.stderr)"
    output = captured(shell, code)
    assert (output.stdout, output.stderr) == ("out 1\n", "err\n")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("out 1\n", "err\n")


def test_the_streams_stay_the_same_objects(shell: Any) -> None:
    stream, names = sys.stdout, set(vars(sys.stdout))
    captured(shell, "import sys\nhere = sys.stdout\nprint('x')")
    assert shell.user_ns["here"] is stream is sys.stdout
    # IPython itself leaves these on the stream.
    assert set(vars(sys.stdout)) - names <= {"softspace", "write"}


def test_nothing_is_copied_after_stop(shell: Any) -> None:
    tap = OutputTap(shell)
    tap.start()
    output = tap.stop()
    shell.run_cell("print('later')\n1")
    assert output == tap.stop() == CapturedOutput()


def test_a_later_shadow_of_the_stream_is_left_in_place(shell: Any) -> None:
    tap = OutputTap(shell)
    tap.start()
    ours = sys.stdout.write
    seen = []

    def theirs(text: str) -> int:
        seen.append(text)
        return ours(text)

    sys.stdout.write = theirs  # type: ignore[method-assign]
    try:
        print("a")
        assert tap.stop().stdout == "a\n"
        print("b")
        assert sys.stdout.write is theirs
        assert "".join(seen) == "a\nb\n"
    finally:
        del sys.stdout.write


def test_redirected_output_is_not_copied(shell: Any) -> None:
    code = (
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()):\n"
        "    print('hidden')\nprint('seen')"
    )
    assert captured(shell, code).stdout == "seen\n"


def test_the_result_is_copied_once_and_not_as_text(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "class Counted:\n    asked = 0\n    def __repr__(self):\n"
        "        Counted.asked += 1\n        return 'counted'\nCounted()"
    )
    output = captured(shell, code)
    assert output.result == {"text/plain": "counted"}
    assert output.stdout == ""
    assert "counted" in capsys.readouterr().out
    assert shell.user_ns["Counted"].asked == 1


def test_no_result_with_a_semicolon_or_without_value(shell: Any) -> None:
    assert captured(shell, "1 + 1;").result is None
    assert captured(shell, "None").result is None


def test_displays_are_copied(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    output = captured(
        shell, "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))"
    )
    assert [d["text/html"] for d in output.displays] == ["<b>x</b>"]
    assert output.stdout == ""
    assert "HTML object" in capsys.readouterr().out


def test_an_update_replaces_what_was_displayed(shell: Any) -> None:
    code = (
        "from IPython.display import HTML, display\n"
        "h = display(HTML('one'), display_id=True)\nh.update(HTML('two'))"
    )
    assert [d["text/html"] for d in captured(shell, code).displays] == ["two"]


def test_too_much_is_cut_down_to_text(shell: Any) -> None:
    code = (
        "from IPython.display import publish_display_data\n"
        "for i in range(3):\n"
        "    publish_display_data({'image/png': 'x' * 900_000, 'text/plain': str(i)})"
    )
    displays = captured(shell, code).displays
    assert [d["text/plain"] for d in displays] == ["0", "1", "2"]
    assert ["image/png" in d for d in displays] == [True, True, False]


def test_much_text_keeps_its_beginning_and_end(shell: Any) -> None:
    output = captured(shell, "for i in range(50_000): print(i)").stdout
    assert len(output) < 65_000
    assert output.startswith("0\n1\n")
    assert output.endswith("49999\n")
    assert "characters left out" in output


def test_the_traceback_is_no_output(shell: Any) -> None:
    assert captured(shell, "print('before')\n1/0").stdout == "before\n"


@given(st.lists(st.text(max_size=30)), st.integers(2, 60).map(lambda n: n * 2))
def test_bounded_text_keeps_head_and_tail(pieces: list[str], limit: int) -> None:
    text = BoundedText(limit)
    for piece in pieces:
        text.write(piece)
    whole = "".join(pieces)
    if len(whole) <= limit:
        assert str(text) == whole
    else:
        left_out = len(whole) - limit
        half = limit // 2
        note = f"\n… {left_out} characters left out …\n"
        assert str(text) == whole[:half] + note + whole[-half:]


BEFORE = """
from celltrail.notebook.capture.output import OutputTap
ip = get_ipython()
tap, outputs, open_cells = OutputTap(ip), [], []
def before(info):
    open_cells.append(info)
    if len(open_cells) == 1: tap.start()
def after(result):
    if open_cells: open_cells.pop()
    if not open_cells: outputs.append(tap.stop())
ip.events.register("pre_run_cell", before)
ip.events.register("post_run_cell", after)
"""
CELLS = {
    "prints": "import sys\nprint('out')\nprint('err', file=sys.stderr)\n'result'",
    "low level": "import os, subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'print(7)'])\n"
    "import time\nend = time.monotonic() + 20\n"
    "while time.monotonic() < end and '7\\n' not in str(tap._streams['stdout']): "
    "time.sleep(0.01)",
    "thread": "import threading\nt = threading.Thread(target=print, args=('t',))\n"
    "t.start(); t.join()",
    "figure": "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
    "_ = plt.plot([1, 2])",
    "display": "from IPython.display import HTML, clear_output, display\n"
    "display(HTML('first')); clear_output(wait=True); display(HTML('second'))",
    "captured": "%%capture\nprint('hidden')",
    "await": "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
    "error": "print('x')\n1/0",
}
AFTER = """
import json
print(json.dumps([[o.stdout, o.stderr, [sorted(d) for d in o.displays],
                   [d.get("text/html") for d in o.displays], o.result]
                  for o in outputs]))
"""


@pytest.mark.kernel
@pytest.mark.filterwarnings("ignore")
def test_in_a_real_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    # A kernel below pytest leaves the file descriptors alone, unless it cannot tell.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    shown, plain = run_notebook(tapped=True), run_notebook(tapped=False)
    copies = dict(
        zip(CELLS, json.loads(shown.pop("after")[0]["text"])[1:], strict=False)
    )
    assert copies["prints"][:2] == ["out\n", "err\n"]
    assert copies["prints"][4] == {"text/plain": "'result'"}
    assert copies["low level"][0] == "7\n"
    assert copies["thread"][0] == "t\n"
    assert "image/png" in copies["figure"][2][0]
    assert copies["display"][3] == ["second"]
    assert copies["captured"][0] == ""
    assert copies["await"][0] == "awaited\n"
    assert copies["error"][0] == "x\n"
    for name in ("prints", "thread", "figure", "display", "captured", "error"):
        assert shown[name] == plain[name], name


def run_notebook(*, tapped: bool) -> dict[str, list[Any]]:
    before = BEFORE if tapped else "tap = type('T', (), {'_streams': {'stdout': '7'}})"
    sources = [before, *CELLS.values(), AFTER if tapped else "None"]
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    names = ["before", *CELLS, "after"]
    return {n: c["outputs"] for n, c in zip(names, notebook.cells, strict=True)}
