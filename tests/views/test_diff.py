from __future__ import annotations

from dataclasses import replace

from celltrail.views import RunDetails, compare
from celltrail.views.codediff import code_diff
from tests.views.pages import Page
from tests.views.samples import DETAILS, EARLIER_DETAILS, FAILED, make_run


def section(text: str, heading: str) -> list[str]:
    """Return the lines from a heading to the next empty line."""
    return text.split(heading)[1].split("\n\n", maxsplit=1)[0].strip().splitlines()


def params(**values: str) -> RunDetails:
    return RunDetails(make_run(params=values))


def test_metrics_are_given_with_their_difference_from_the_first() -> None:
    text = compare([EARLIER_DETAILS, DETAILS]).text_within(100)
    assert section(text, "3 metrics differ") == [
        "metric   1: forest  2: forest",
        "auc      0.9004     0.9123 ↑ +0.0119 better",
        "rmse     0.31       0.3455 ↑ +0.0355 worse",
        "n_trees  100        200 ↑ +100",
        "1 equal metric",
    ]


def test_params_that_only_one_run_has_differ() -> None:
    text = compare([EARLIER_DETAILS, DETAILS]).text_within(100)
    assert section(text, "3 params differ") == [
        "param   1: forest  2: forest",
        "lr      0.1        0.01",
        "warm    yes        –",  # noqa: RUF001
        "scaler  –          standard",  # noqa: RUF001
        "2 equal params",
    ]


def test_equal_rows_are_folded_but_there() -> None:
    page = Page(compare([EARLIER_DETAILS, DETAILS]).html)
    assert page.attributes("details", "open") == []
    assert "2 equal params" in page.text
    assert "max_depth" in page.isolated


def test_differences_stand_before_what_is_equal() -> None:
    text = compare([EARLIER_DETAILS, DETAILS]).text_within(100)
    assert text.index("1 package differs") < text.index("Nothing else differs")
    assert section(text, "Nothing else differs") == ["1 equal environment fact"]


def test_only_changed_packages_are_listed() -> None:
    text = compare([EARLIER_DETAILS, DETAILS]).text_within(100)
    assert section(text, "1 package differs") == [
        "package  1: forest  2: forest",
        "numpy    2.2.0      2.3.0",
        "1 equal package",
    ]


def test_packages_that_were_not_recorded_do_not_differ() -> None:
    text = compare([EARLIER_DETAILS, RunDetails(FAILED)]).text_within(100)
    assert "package differs" not in text
    assert "packages differ" not in text


def test_only_the_users_own_tags_are_compared() -> None:
    text = compare([EARLIER_DETAILS, DETAILS]).text_within(100)
    assert [line.split()[0] for line in section(text, "2 tags differ")] == [
        "tag",
        "stage",
        "description",
    ]


def test_code_is_a_unified_diff_coloured_without_a_style_sheet() -> None:
    view = compare([EARLIER_DETAILS, DETAILS])
    assert section(view.text_within(100), "Code, from 1: forest to 2: forest") == [
        "@ lines 1 to 3",
        "  - model = Forest(100)",
        "  + model = Forest(200)",
        "    model.fit(X, y)",
        "    auc = score(y, p)",
    ]
    assert (
        '<span style="background-color:rgba(46,160,67,0.15)">+ model = Forest('
        '<strong style="background-color:rgba(46,160,67,0.35)">2</strong>00)</span>'
    ) in view.html


def test_equal_code_is_said_to_be_the_same() -> None:
    other = replace(DETAILS, run=EARLIER_DETAILS.run)
    assert "The code is the same" in compare([other, DETAILS]).text


def test_the_code_of_many_runs_is_folded() -> None:
    runs = [replace(DETAILS, code=f"a = {i}") for i in range(6)]
    page = Page(compare(runs).html)
    assert page.text.count("Code, from") == 5
    assert page.markup.count('<summary style="cursor:pointer">Code, from') == 2


def test_runs_with_different_names_are_called_by_them() -> None:
    text = compare([DETAILS, RunDetails(FAILED)]).text_within(100)
    assert text.splitlines()[0].split() == ["run", "forest", "svc"]


def test_a_failed_run_is_compared_with_its_error() -> None:
    text = compare([DETAILS, RunDetails(FAILED)]).text_within(100)
    assert "ValueError: could not conv…to float: 'M'" in text


def test_many_runs_go_on_below_with_the_keys_repeated() -> None:
    runs = [params(learning_rate=f"{i}" * 20) for i in range(8)]
    lines = compare(runs).text_within(80).splitlines()
    keys = [line for line in lines if line.startswith("learning_rate")]
    assert len(keys) == 3
    assert sum(line.count(f"{i}" * 20) for line in keys for i in range(8)) == 8


def test_long_params_are_shown_where_they_differ() -> None:
    long = "x" * 90 + "{}/train/" + "y" * 60
    text = compare([params(p=long.format(1)), params(p=long.format(2))]).text
    assert "…xxxxxxxx1/train/yyy" in text
    assert "…xxxxxxxx2/train/yyy" in text


def test_nan_equals_nan() -> None:
    run = RunDetails(make_run(metrics={"loss": float("nan")}))
    assert "1 equal metric" in compare([run, run]).text


def test_runs_that_are_equal_say_so() -> None:
    text = compare([DETAILS, DETAILS]).text_within(100)
    assert "differ " not in text.replace("differs", "")
    assert "The code is the same\n\nNothing else differs\n4 equal metrics" in text


def test_code_without_a_difference_has_no_diff() -> None:
    assert code_diff("a\nb", "a\nb") == []


def test_a_diff_keeps_three_lines_around() -> None:
    before = [f"line {i}" for i in range(40)]
    after = [*before[:20], "new", *before[20:]]
    lines = code_diff("\n".join(before), "\n".join(after))
    assert [line.kind for line in lines] == ["@", *"   +   "]
    assert lines[0].text == "lines 18 to 24"


def test_removed_and_added_lines_rebuild_both_texts() -> None:
    before, after = "a = 1\nb = 2\nc = 3", "a = 10\nd\nc = 3\ne"
    lines = code_diff(before, after)
    old = [line.text for line in lines if line.kind in " -"]
    new = [line.text for line in lines if line.kind in " +"]
    assert ("\n".join(old), "\n".join(new)) == (before, after)


def test_lines_with_little_in_common_are_not_marked() -> None:
    marked = [line for line in code_diff("import numpy", "x = f(y)") if line.end]
    assert marked == []
