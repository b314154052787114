"""Whatever users write, it stays text: in html, and in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrail.entities import FileInfo
from celltrail.views import (
    ExperimentRow,
    RunDetails,
    Status,
    card,
    compare,
    experiments_table,
    runs_table,
    show,
    status_view,
)
from celltrail.views.plain import columns_of
from celltrail.views.texts import clean, one_line
from tests.views.pages import Page
from tests.views.samples import DETAILS, EARLIER, EARLIER_DETAILS, FAILED, make_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from celltrail.views import View

MARKUP = ("<script>alert(1)</script>", '"><img src=x>', "</td>", "&lt;", "]]>", "<!--")
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=[])),  # surrogates and controls too
    st.lists(st.sampled_from([*MARKUP, "\n", "\x1b[31m", "\u202e", "x"])).map("".join),
)
NUMBERS = st.floats()
PAIRS = st.dictionaries(TEXTS, TEXTS, max_size=4)


@st.composite
def details(draw: st.DrawFn) -> RunDetails:
    run = make_run(
        draw(TEXTS),
        status=draw(st.sampled_from(["FINISHED", "KILLED", "odd <b>"])),
        metrics=draw(st.dictionaries(TEXTS, NUMBERS, max_size=4)),
        params=draw(PAIRS),
        tags=draw(PAIRS),
        values=draw(PAIRS),
        context=draw(PAIRS) | {"error": draw(TEXTS), "cpu_seconds": draw(TEXTS)},
    )
    curve = draw(st.lists(NUMBERS, max_size=80))
    return RunDetails(
        run,
        experiment=draw(TEXTS),
        code=draw(TEXTS),
        packages=draw(TEXTS),
        git_diff=draw(TEXTS),
        curves=dict.fromkeys(run.data.metrics, curve),
        artifacts=[FileInfo(draw(TEXTS), is_dir=False, file_size=9)],
        earlier_params={key: [draw(TEXTS)] for key in run.data.params},
    )


VIEWS: dict[str, Callable[[RunDetails, RunDetails], View]] = {
    "card": lambda one, other: card(one, previous=other.run, warnings=[one.code]),
    "compare": lambda one, other: compare([one, other]),
    "show": lambda one, _: show(one),
    "runs": lambda one, other: runs_table([one.run, other.run], notes=[one.code]),
    "status": lambda one, other: status_view(
        Status(one.code, other.experiment, 1, notes=[other.code])
    ),
}
FIXED = {
    "card": card(DETAILS, previous=EARLIER, warnings=["slow"]),
    "compare": compare([EARLIER_DETAILS, DETAILS, RunDetails(FAILED)]),
    "show": show(DETAILS),
    "runs": runs_table([DETAILS.run, EARLIER, FAILED]),
    "no runs": runs_table([]),
    "status": status_view(Status("/a/.celltrail", "bank", 3)),
}


@pytest.mark.parametrize("name", VIEWS)
@settings(max_examples=60)
@given(one=details(), other=details())
def test_texts_become_neither_markup_nor_terminal_controls(
    name: str, one: RunDetails, other: RunDetails
) -> None:
    view = VIEWS[name](one, other)
    page = Page(view.html)
    assert page.removed() == []
    assert all(
        src.startswith("data:image/svg") for src in page.attributes("img", "src")
    )
    for form in (view.html, view.text_within(80)):
        form.encode()  # no lone surrogates, which would stop the kernel's message
        assert [char for char in form if char != "\n" and is_control(char)] == []
        assert "\u202e" not in form


def is_control(character: str) -> bool:
    code = ord(character)
    return (code < 0x20 and character != "\t") or 0x7F <= code < 0xA0


@given(name=TEXTS, key=TEXTS, value=TEXTS)
def test_texts_are_shown_as_they_were_written(name: str, key: str, value: str) -> None:
    run = make_run(name, params={key: value}, tags={"t": name})
    page = Page(show(RunDetails(run)).html)
    for text in (key, value, name):
        line = one_line(text)
        if 0 < len(line) <= 60 and line.strip():
            assert line.replace("\r", "\n") in page.isolated


@given(text=TEXTS.map(lambda text: text + 300 * "x"))
def test_what_is_cut_is_there_on_hovering(text: str) -> None:
    page = Page(show(RunDetails(make_run(params={"key": text}))).html)
    assert any(
        title == clean(text) or "…" in title
        for title in page.attributes("bdi", "title")
    )


@pytest.mark.parametrize("name", FIXED)
def test_an_untrusted_notebook_keeps_all_of_it(name: str) -> None:
    assert Page(FIXED[name].html).removed() == []


@pytest.mark.parametrize("name", FIXED)
def test_no_colour_of_text_is_set_and_no_background_hides_the_page(name: str) -> None:
    for _, attrs in Page(FIXED[name].html).tags:
        for style in attrs.get("style", "").split(";"):
            if style.startswith("background"):
                assert "rgba" in style
            assert not style.startswith(("background:", "font-size", "font-family"))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", FIXED)
def test_text_stays_within_the_terminal(name: str, width: int) -> None:
    lines = FIXED[name].text_within(width).splitlines()
    assert [line for line in lines if columns_of(line) > width] == []


@pytest.mark.parametrize("name", FIXED)
def test_tables_name_their_rows_and_columns(name: str) -> None:
    page = Page(FIXED[name].html)
    heads = page.attributes("th", "scope")
    assert len(heads) == sum(tag == "th" for tag, _ in page.tags)
    assert all(alt.startswith("curve of") for alt in page.attributes("img", "alt"))


def test_experiments_are_escaped_too() -> None:
    from celltrail.entities import Experiment

    row = ExperimentRow(Experiment("1", MARKUP[0], "", "deleted"), 0)
    page = Page(experiments_table([row]).html)
    assert page.removed() == []
    assert MARKUP[0] in page.isolated
