"""Tab offers what may stand where the cursor is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

pytestmark = pytest.mark.filterwarnings(
    "ignore::IPython.core.completer.ProvisionalCompleterWarning"
)


@pytest.fixture
def two(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    monkeypatch.setattr("celltrail.notebook.completion._FRESH", 0.0)
    notebook("%trail experiment churn")
    notebook("%%track svc --tag stage=dev\nlr = 0.1\nauc = measured(0.9)")
    notebook("%%track 'two words'\nlr = 0.2\nauc = measured(0.8)")
    # What the store holds is read aside; pressing Tab once has it read.
    deadline = time.monotonic() + 10
    while notebook.complete("%trail show sv") != ["%trail show svc"]:
        assert time.monotonic() < deadline
    return notebook


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%%track --ta", ["%%track --tag"]),
        ("%%track svc --no", ["%%track svc --no-capture"]),
        ("%%track --experiment ch", ["%%track --experiment churn"]),
        ("%%track --metric a", ["%%track --metric auc"]),
        ("%%track --tag st", ["%%track --tag stage="]),
        ("%track o", ["%track on", "%track off"]),
        ("%trail comp", ["%trail compare"]),
        ("%trail runs --d", ["%trail runs --desc"]),
        ("%trail runs --desc a", ["%trail runs --desc auc"]),
        ("%trail runs metrics.a", ["%trail runs metrics.auc"]),
        (
            "%trail runs metrics.auc > 0.5 AND params.l",
            ["%trail runs metrics.auc > 0.5 AND params.lr"],
        ),
        ("df = %trail runs --desc auc stat", ["df = %trail runs --desc auc status"]),
        ("%trail show @best:a", ["%trail show @best:auc"]),
        ("%trail compare svc @la", ["%trail compare svc @last"]),
        ("%trail experiment c", ["%trail experiment churn"]),
    ],
)
def test_the_line_is_completed(two: Notebook, text: str, offered: list[str]) -> None:
    assert sorted(two.complete(text)) == sorted(offered)


def test_it_works_above_a_body(two: Notebook) -> None:
    cell = "%%track svc --ne\nx = 1\n"
    assert two.complete("%%track svc --ne", cell) == ["%%track svc --nested"]


def test_other_lines_are_left_alone(two: Notebook) -> None:
    two("my_long_name = 1")
    assert two.complete("my_long_na") == ["my_long_name"]


def test_it_never_waits_for_the_store(
    two: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    from celltrail.store.query import search

    blocked = Event()
    monkeypatch.setattr(search, "search_runs", lambda *_, **__: blocked.wait(5))
    start = time.perf_counter()
    assert two.complete("%trail show sv") == ["%trail show svc"]
    took = time.perf_counter() - start
    blocked.set()
    assert took < 1
