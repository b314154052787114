from __future__ import annotations

from dataclasses import replace

import pytest

from celltrail.views import RunDetails, show
from tests.views.pages import Page
from tests.views.samples import DETAILS, FAILED, ID, START, make_run

TEXT = show(DETAILS, now=START).text_within(100)


def row(start: str) -> list[str]:
    return next(line.split() for line in TEXT.splitlines() if line.startswith(start))


def test_it_begins_with_the_name_and_how_it_ended() -> None:
    assert TEXT.splitlines()[0] == "forest · ✓ finished · 3.4 s"


@pytest.mark.parametrize(
    "said",
    [
        ID,
        "eva",
        "breast-cancer",
        "231 MB",
        "stage        dev",
        "description  a try",
        "n_rows       569",
        "model/MLmodel  1.2 kB",
        "d1g35t  local: data/cancer.csv  train",
        "1 nested run",
        "fold-1",
        "python            3.11.7",
        "commit    41ebc47dd0",
        "model.fit(X, y)",
        "Uncommitted changes: 4 lines",
        "+++ b/train.py",
    ],
)
def test_everything_is_there(said: str) -> None:
    assert said in TEXT


def test_metrics_have_step_extremes_count_and_curve() -> None:
    assert row("auc")[:6] == ["auc", "0.9123", "7", "0.5", "0.9123", "8"]
    assert row("auc")[6].startswith("▆▅▄▃")


def test_params_that_were_logged_again_keep_their_earlier_values() -> None:
    assert row("lr") == ["lr", "0.01", "0.5,", "0.1"]


def test_packages_are_counted_and_folded() -> None:
    assert "2 packages" in TEXT
    assert "numpy" not in TEXT
    assert "numpy" in Page(show(DETAILS).html).isolated


def test_what_is_not_known_is_not_mentioned() -> None:
    text = show(RunDetails(make_run())).text
    for word in ("param", "metric", "tag", "artifact", "Code", "package", "deleted"):
        assert word not in text


def test_the_error_of_a_failed_run_is_shown() -> None:
    text = show(RunDetails(FAILED)).text_within(120)
    assert "ValueError: could not convert string to float: 'M'" in text


def test_long_diffs_are_cut_and_say_so() -> None:
    view = show(replace(DETAILS, git_diff="+x\n" * 1000))
    assert view.text.count("+x") == 200
    assert "800 more lines not shown" in view.text


def test_code_is_shown_line_by_line_with_its_indentation() -> None:
    code = "def f():\n\treturn '<b>'\n"
    view = show(replace(DETAILS, code=code))
    assert "  def f():\n      return '<b>'" in view.text
    assert code in Page(view.html).text


def test_a_deleted_run_says_so() -> None:
    run = make_run()
    deleted = replace(run, info=replace(run.info, lifecycle_stage="deleted"))
    assert "deleted" in show(RunDetails(deleted)).text
