"""In a real kernel, a tracked cell gives what the same cell gives without celltrail.

Compared are all messages a front end keeps: outputs, tracebacks, results, status. One
cell begins with ``%%track case``, the other with the comment that tracebacks show.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

CASES = {
    "a result": "x = 6\nx * 7",
    "no result": "x = 6\nx * 7;",
    "prints": "print('out')\nimport sys\nprint('err', file=sys.stderr)",
    "displays": (
        "from IPython.display import HTML, display\ndisplay(HTML('<b>1</b>'))\n'end'"
    ),
    "a frame": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "an error": "def f(x):\n    return 1 / x\n\nprint('before')\nf(0)\nprint('after')",
    "an error with a cause": (
        "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError from e"
    ),
    "a syntax error": "x = 1\ny = = 2",
    "an indentation error": "x = 1\n  y = 2",
    "an assertion": "auc = 0.5\nassert auc > 0.9, 'too low'",
    "await": "import asyncio\nawait asyncio.sleep(0, 'done')",
    "async for": "async def g():\n    yield 1\n\n[x async for x in g()]",
    "an error in await": "async def f():\n    1 / 0\n\nawait f()",
    "an exit": "import sys\nsys.exit(3)",
    "an exit without status": "exit_code = 0\nraise SystemExit",
    "an interrupt": "raise KeyboardInterrupt",
    "the future": (
        "from __future__ import annotations\n"
        "def f(x: undefined): ...\n"
        "f.__annotations__"
    ),
    "line magics": "%matplotlib inline\n%pwd\n!echo shell",
    "a missing magic": "%no_such_magic",
    "a warning": "import warnings\nwarnings.warn('careful')",
    "a figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "metrics": (
        "from sklearn.metrics import roc_auc_score\n"
        "print('AUC', roc_auc_score([0, 1], [0, 1]))"
    ),
    "a wrong call of a metric": (
        "from sklearn.metrics import accuracy_score\nprint(accuracy_score([0, 1], [0]))"
    ),
    "help": "len?",
    "a local name": "def f():\n    loss = 1.0\n    return loss\nf()",
    "a comment": "# nothing else",
    "stored outputs": "'one'\n_\n'two'\n[_, __]",
    "source": "def f():\n    return 1\nimport inspect\nprint(inspect.getsource(f))",
    "line number": "import sys\n\nprint(sys._getframe().f_lineno)",
    "names": "sorted(n for n in globals() if 'celltrail' in n)",
    "%%bash": "%%bash\necho $((6 * 7))\nexit 0",
    "%%capture": "%%capture out\nprint('gone')",
    "%%writefile": "%%writefile a.txt\ncontent",
    "%%html": "%%html\n<b>1</b>",
    "%%time": "%%time\nx = 3\nx",
    "%%timeit": "%%timeit -n1 -r1\nx = 3",
    "unicode": "größe = 'ß'\ngröße",
    "many lines": "for i in range(2000):\n    print(i)",
}
_VARYING = [
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"0x[0-9a-f]+"), "0x"),
    (re.compile(r"(CPU times|Wall time|user|total).*"), r"\1"),
    (re.compile(r"[\d.]+ .?s ± .*"), "a while"),
    (re.compile(r"ipykernel_\d+[\\/]\d+"), "ipykernel"),
    (re.compile(r"\d+\.py"), "cell.py"),  # named after the text of the cell
]


def executed(folder: Path, cells: list[str]) -> list[Any]:
    folder.mkdir()
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(
        nb,
        kernel_name="python3",
        allow_errors=True,
        timeout=120,
        store_widget_state=False,
    )
    client.resources = {"metadata": {"path": str(folder)}}
    client.execute()
    found: list[Any] = nb.cells
    return found


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: plain(v) for key, v in value.items() if key not in {"image/png", "id"}
        }
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        for pattern, instead in _VARYING:
            value = pattern.sub(instead, value)
    return value


def joined(outputs: list[Any]) -> list[Any]:
    """Return the outputs with a stream's text in one piece, however it was sent."""
    found: list[Any] = []
    for output in outputs:
        before = found[-1] if found else {}
        if "text" in output and output.get("name") == before.get("name"):
            found[-1] = {**before, "text": before["text"] + output["text"]}
        else:
            found.append(output)
    return found


def headed(line: str, body: str) -> str:
    """Return a cell with a first line, where a cell magic allows one."""
    return body if body.startswith("%%") and line.startswith("#") else f"{line}\n{body}"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """Give each case's cell without celltrail and tracked."""
    root = tmp_path_factory.mktemp("same")
    bodies = list(CASES.values())
    os.environ.pop("CELLTRAIL_PARENT", None)  # kernels are to find stores of their own
    without = ["print('begin')", *(headed("# %%track case", b) for b in bodies)]
    tracked = ["%load_ext celltrail", *(headed("%%track case", b) for b in bodies)]
    one, other = (executed(root / n, c) for n, c in (("a", without), ("b", tracked)))
    return dict(zip(CASES, zip(one[1:], other[1:], strict=True), strict=True))


def is_card(output: Any) -> bool:
    return "%trail show" in output.get("data", {}).get("text/plain", "")


@pytest.mark.parametrize("case", CASES)
def test_the_outcome_is_the_same(case: str, pairs: dict[str, tuple[Any, Any]]) -> None:
    without, tracked = pairs[case]
    cards = [output for output in tracked.outputs if is_card(output)]
    rest = [output for output in tracked.outputs if not is_card(output)]
    assert plain(joined(rest)) == plain(joined(without.outputs))
    assert tracked.execution_count == without.execution_count
    is_python = "SyntaxError" not in str(rest) and "IndentationError" not in str(rest)
    assert len(cards) == is_python
    assert not cards or tracked.outputs[-1] is cards[0]
