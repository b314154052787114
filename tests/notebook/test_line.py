"""The line of a magic comes apart as it was meant."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from celltrail.notebook.line import LineParser, words
from celltrail.notebook.options import track_options
from celltrail.notebook.trail_options import RUNS

TEXTS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\"'"))


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4).map(" ".join), max_size=5))
def test_what_is_quoted_comes_back(texts: list[str]) -> None:
    quoted = [
        f'"{text}"' if number % 2 else f"'{text}'" for number, text in enumerate(texts)
    ]
    assert words("  ".join(quoted)) == texts


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_line_is_an_error_of_ours(line: str) -> None:
    with contextlib.suppress(UsageError):
        track_options(line)


@given(
    st.text().map(str.strip).filter(lambda text: not text.startswith(("-", '"', "'")))
)
def test_a_filter_stays_as_it_stands(text: str) -> None:
    options, rest = RUNS.parse_leading(f"--desc auc --limit 3 {text}")
    assert (options.desc, options.limit, rest) == ("auc", 3, text)


def test_quotes_within_a_word() -> None:
    line = r"rf --tag note='two words' it's C:\data"
    assert words(line) == ["rf", "--tag", "note=two words", "it's", r"C:\data"]


def test_a_value_can_be_joined_to_its_option() -> None:
    options, rest = RUNS.parse_leading("--desc=auc --all metrics.auc > 1 -- 2")
    assert (options.desc, options.all, rest) == ("auc", True, "metrics.auc > 1 -- 2")


def test_an_option_without_its_value_is_said() -> None:
    with pytest.raises(UsageError, match=r"--desc: expected one argument"):
        RUNS.parse_leading("--desc")


def test_options_are_not_shortened() -> None:
    with pytest.raises(UsageError, match="no option '--des'"):
        RUNS.parse_leading("--des auc")


def test_a_message_names_the_magic_and_its_manual() -> None:
    parser = LineParser("%trail show")
    with pytest.raises(UsageError, match=r"^%trail show: .*%trail\? explains\.$"):
        parser.parse_words(["too", "many"])
