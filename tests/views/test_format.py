from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrail.views.format import age, difference, duration, moment, number, size
from celltrail.views.texts import shorten, shorten_pair


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (7, "7"),
        (12.0, "12"),
        (True, "1"),
        (123_456_789, "123456789"),
        (0.5, "0.5"),
        (0.123456, "0.1235"),
        (9.99996, "10"),
        (99.999, "100"),
        (9999.9, "10000"),
        (-1234.5678, "-1235"),
        (1234567.8, "1234568"),
        (1e15, "1e15"),
        (1.23456e300, "1.235e300"),
        (10**20, "1e20"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234e-5"),
        (5e-324, "4.941e-324"),
        (math.nan, "not a number"),
        (math.inf, "infinity"),
        (-math.inf, "minus infinity"),
    ],
)
def test_numbers(value: float, written: str) -> None:
    assert number(value) == written


@given(st.floats(-1e308, 1e308))
def test_numbers_are_close_and_short(value: float) -> None:
    written = number(value)
    assert math.isclose(float(written), value, rel_tol=6e-4)
    assert len(written) <= 16


@pytest.mark.parametrize(
    ("after", "before", "written"),
    [
        (0.925, 0.912, "+0.013"),
        (0.3, 0.1, "+0.2"),
        (1.0, 2.0, "-1"),
        (200.0, 100.0, "+100"),
        (0.91236, 0.91234, "+2e-5"),
        (math.inf, 1.0, ""),
        (1.0, math.nan, ""),
        (math.inf, math.inf, ""),
    ],
)
def test_differences_have_a_sign(after: float, before: float, written: str) -> None:
    assert difference(after, before) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-1, "0 ms"),
        (0.0004, "0 ms"),
        (0.34, "340 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (3.42, "3.4 s"),
        (9.96, "10 s"),
        (59.7, "1 min"),
        (61, "1 min 1 s"),
        (3599.9, "1 h"),
        (11_520, "3 h 12 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_durations(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-50, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (7200, "2 h ago"),
        (29 * 86_400, "29 d ago"),
    ],
)
def test_ages(seconds: int, written: str) -> None:
    assert age(10**12, now=10**12 + seconds * 1000) == written


def test_old_times_are_dates() -> None:
    assert age(10**12, now=10**12 + 10**10) == moment(10**12)[:10]


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (45_210, "45 kB"),
        (10**16, "10000 TB"),
    ],
)
def test_sizes(count: int, written: str) -> None:
    assert size(count) == written


@given(text=st.text(), limit=st.integers(1, 80))
def test_shortened_texts_keep_their_ends(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or "…" in short


@given(one=st.text(), other=st.text(), prefix=st.text(), limit=st.integers(20, 60))
def test_texts_that_differ_look_different(
    one: str, other: str, prefix: str, limit: int
) -> None:
    before, after = prefix * 20 + one, prefix * 20 + other
    pair = shorten_pair(before, after, limit)
    assert (pair[0] == pair[1]) == (before == after)
    assert max(map(len, pair)) <= limit
