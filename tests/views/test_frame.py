from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pandas as pd

from celltrail.views import frame_table
from tests.views.pages import Page


def cells(*values: object) -> list[str]:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    return frame_table(frame).text_within(200).splitlines()[1:-1]


def test_numbers_stand_to_the_right_and_are_rounded() -> None:
    frame = pd.DataFrame({"auc": [0.912345, 12.0, float("nan")], "n": [1, 20, 300]})
    assert frame_table(frame).text.splitlines() == [
        "   auc    n",
        "0.9123    1",
        "    12   20",
        "   NaN  300",
        "3 rows",
    ]


def test_what_is_missing_is_a_dash() -> None:
    dash = "–"  # noqa: RUF001
    assert cells(None, pd.NaT, pd.NA, float("nan")) == [dash] * 4


def test_other_values_are_shown_as_text() -> None:
    uuid = UUID(int=7)
    day = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert cells(True, day, uuid, [1, 2], "", "a\nb") == [  # noqa: FBT003
        *("true", "2026-01-02 03:04:05", str(uuid), "[1, 2]", "empty", "a↵b"),
    ]


def test_only_the_first_rows_are_shown_and_all_are_counted() -> None:
    text = frame_table(pd.DataFrame({"x": range(1000)}), max_rows=3).text
    assert text.splitlines()[-1] == "the first 3 of 1000 rows"
    assert len(text.splitlines()) == 5


def test_column_names_are_escaped_and_may_repeat() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["<b>", "<b>"])
    page = Page(frame_table(frame).html)
    assert page.isolated == ["<b>", "<b>"]
    assert page.removed() == []


def test_an_empty_result_keeps_its_columns() -> None:
    text = frame_table(pd.DataFrame({"x": [], "y": []})).text
    assert text.splitlines() == ["x  y", "0 rows"]


def test_a_result_without_columns_only_counts() -> None:
    assert frame_table(pd.DataFrame(index=range(3))).text == "3 rows"
