from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from celltrail.views import runs_table
from tests.views.samples import EARLIER, RUN

if TYPE_CHECKING:
    import pytest


def test_text_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    view = runs_table([RUN, EARLIER], now=RUN.info.start_time)
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        assert view.text == view.text_within(width)
        assert str(view) == repr(view) == view.text


def test_very_narrow_terminals_are_taken_as_forty_columns() -> None:
    view = runs_table([RUN])
    assert view.text_within(1) == view.text_within(40)


def test_views_need_neither_a_database_nor_jupyter() -> None:
    heavy = ("duckdb", "IPython", "pandas", "numpy", "plotly", "celltrail.store")
    code = (
        f"import sys, celltrail.views; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
