from __future__ import annotations

from dataclasses import replace

import pytest

from celltrail.entities import FileInfo
from celltrail.views import RunDetails, card
from tests.views.pages import Page
from tests.views.samples import DETAILS, EARLIER, FAILED, ID, RUN, make_run


def summary(text: str) -> str:
    return text.split("  %trail show", maxsplit=1)[0].replace("\n ", " ·").strip()


def rows(details: RunDetails, noun: str) -> int:
    """Count the rows of the table of params or metrics."""
    page = card(details).html
    return page.split(f">{noun}</th>")[1].split("</tbody>")[0].count('scope="row"')


def test_the_line_says_name_status_and_duration() -> None:
    text = card(RunDetails(make_run())).text_within(100)
    assert text.splitlines()[0] == "✓ forest finished in 3.4 s"


def test_the_line_has_changed_params_and_judged_metrics() -> None:
    assert summary(card(DETAILS, previous=EARLIER).text_within(400)) == (
        "✓ forest finished in 3.4 s"
        " · lr 0.1 → 0.01 · new scaler standard · removed warm"
        " · auc 0.9123 ↑ +0.0119 better · rmse 0.3455 ↑ +0.0355 worse"
        " · n_trees 200 ↑ +100 · accuracy 0.9 unchanged"
    )


def test_html_and_text_say_the_same() -> None:
    view = card(DETAILS, previous=EARLIER)
    text = summary(view.text_within(400))
    assert Page(view.html).text.startswith(text)


def test_a_first_execution_is_not_compared() -> None:
    assert summary(card(DETAILS).text_within(400)) == (
        "✓ forest finished in 3.4 s"
        " · auc 0.9123 · accuracy 0.9 · rmse 0.3455 · n_trees 200"
    )


@pytest.mark.parametrize(
    ("code", "said"), [("aa", False), ("other", True)], ids=["same", "changed"]
)
def test_changed_code_is_said_when_params_are_the_same(code: str, said: bool) -> None:
    run = make_run(params=EARLIER.data.params, context={"code": code})
    assert ("code changed" in card(RunDetails(run), previous=EARLIER).text) is said


def test_no_more_than_a_line_of_params_and_metrics() -> None:
    run = make_run(
        params={f"p{i}": "1" for i in range(30)},
        metrics={f"m{i}": 1.0 for i in range(30)},
    )
    text = card(RunDetails(run), previous=EARLIER).text_within(10_000)
    assert text.count("new p") == 3
    assert "31 more changed params" in text
    assert "26 more metrics" in text


def test_ten_rows_of_each_changed_ones_first() -> None:
    run = make_run(
        params={f"p{i}": "1" for i in range(30)} | {"lr": "9"},
        metrics={f"m{i}": 1.0 for i in range(30)} | {"auc": 0.5},
    )
    details = RunDetails(run)
    assert rows(details, "param") == rows(details, "metric") == 10
    page = Page(card(details, previous=EARLIER).html)
    assert page.isolated.index("auc") < page.isolated.index("m1")


def test_a_failed_run_shows_its_error_and_how_long_it_took() -> None:
    view = card(RunDetails(FAILED))
    assert view.text.startswith("✗ svc failed after 120 ms")
    assert "could not convert string to float: 'M'" in Page(view.html).text


def test_a_run_without_a_name_is_called_by_its_id() -> None:
    assert card(RunDetails(make_run(" "))).text.startswith(f"✓ {ID[:12]} finished")


def test_warnings_are_counted_in_the_line_and_shown_in_both_forms() -> None:
    view = card(DETAILS, warnings=["disk is full", "and slow"])
    assert " · 2 warnings" in view.text_within(400)
    for form in (view.text, Page(view.html).text):
        assert "Warning: disk is full" in form


def test_everything_is_folded_behind_the_line() -> None:
    view = card(DETAILS, previous=EARLIER)
    page = Page(view.html)
    assert [tag for tag, _ in page.tags[:3]] == ["div", "details", "summary"]
    assert page.attributes("details", "open") == []


def test_the_card_says_how_to_reach_the_run() -> None:
    view = card(DETAILS, previous=EARLIER)
    assert view.text.splitlines()[-1] == f"  %trail show {ID[:12]}"
    text = Page(view.html).text
    assert f"run {ID} · %trail show {ID[:12]}" in text
    assert f"%trail compare 0198f2c39d01 {ID[:12]}" in text


def test_curves_are_images_with_a_description() -> None:
    page = Page(card(DETAILS).html)
    assert page.attributes("img", "alt") == [
        "curve of 120 points, from 1 to 0.002606, lowest 0.002606, highest 1"
    ]


def test_artifacts_are_named_with_their_sizes() -> None:
    files = [FileInfo(f"f{i}", is_dir=False, file_size=45_000) for i in range(12)]
    text = Page(card(replace(DETAILS, artifacts=files)).html).text
    assert "12 artifacts · f0 (45 kB)" in text
    assert "2 more artifacts" in text


def test_nan_is_said_in_words_and_is_worse_than_a_number() -> None:
    run = make_run(metrics={"rmse": float("nan")})
    text = card(RunDetails(run), previous=EARLIER).text_within(400)
    assert "rmse not a number was 0.31 worse" in text


def test_nan_twice_is_unchanged() -> None:
    run = make_run(metrics={"rmse": float("nan")})
    assert "rmse not a number unchanged" in card(RunDetails(run), previous=run).text


def test_long_values_are_shown_where_they_differ() -> None:
    before = make_run(params={"path": "/data/" + "x" * 100 + "/2024/train.csv"})
    after = make_run(params={"path": "/data/" + "x" * 100 + "/2025/train.csv"})
    text = card(RunDetails(after), previous=before).text_within(400)
    assert "path …xxxx/2024/train.csv → …xxxx/2025/train.csv" in text


def test_a_running_run_has_no_duration() -> None:
    run = make_run(status="RUNNING", seconds=None)
    assert card(RunDetails(run)).text.splitlines()[0] == "● forest running"


def test_both_forms_go_to_the_notebook() -> None:
    view = card(RunDetails(RUN))
    assert view._repr_mimebundle_(include=None, exclude=None) == {
        "text/html": view.html,
        "text/plain": view.text,
    }
