from __future__ import annotations

import math
import re
from base64 import b64decode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrail.views.sparkline import described, spark_text, spark_uri

NAN = math.nan


def drawn(values: list[float]) -> list[list[tuple[int, int]]]:
    """Return the points of each line of the image."""
    image = ET.fromstring(b64decode(spark_uri(values).partition(",")[2]))  # noqa: S314
    lines = (element.get("points") for element in image.iter() if element.get("points"))
    return [
        [(int(x), int(y)) for x, y in re.findall(r"(\d+),(\d+)", line or "")]
        for line in lines
    ]


def test_a_falling_curve_goes_down_the_page() -> None:
    [line] = drawn([3, 2, 1])
    assert line == [(4, 4), (120, 24), (236, 44)]


def test_a_gap_separates_two_lines() -> None:
    assert len(drawn([1, 2, NAN, 2, 1])) == 2


def test_a_spike_among_many_points_is_seen() -> None:
    values = [0.0] * 10_000
    values[5_003] = 1.0
    [line] = drawn(values)
    assert min(y for _, y in line) == 4
    assert len(line) < 130


@pytest.mark.parametrize("values", [[], [NAN], [1.0], [1e308, -1e308], [5.0, 5.0]])
def test_unusual_curves_are_drawn(values: list[float]) -> None:
    drawn(values)
    assert len(spark_text(values)) == len(values)


@given(st.lists(st.floats(), max_size=300))
def test_every_curve_stays_in_its_image(values: list[float]) -> None:
    points = [point for line in drawn(values) for point in line]
    assert all(4 <= x <= 236 and 4 <= y <= 44 for x, y in points)
    assert len(spark_text(values)) == min(20, len(values))
    assert described(values)


def test_text_uses_the_whole_height() -> None:
    assert spark_text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([2.0], "1 point, from 2 to 2, lowest 2, highest 2"),
        ([NAN, NAN], "2 points, none of them finite"),
        (
            [1.0, NAN, 3.0],
            "3 points, from 1 to 3, lowest 1, highest 3, 1 not finite",
        ),
    ],
)
def test_curves_are_described_in_words(values: list[float], said: str) -> None:
    assert described(values) == said
