"""Scripts written for MLflow give the same with celltrail.

What MLflow gives was recorded by parity/record.py; expected.json names its version.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from celltrail.tracking import lifecycle
from tests.tracking.parity.record import EXPECTED
from tests.tracking.parity.scripts import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDED = json.loads(EXPECTED.read_text("utf-8"))
NEEDS = {"artifacts": ["yaml"], "images": ["PIL"]}
CODES = {
    "INVALID_PARAMETER_VALUE",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_gives_the_same(
    tracking: Any, monkeypatch: pytest.MonkeyPatch, script: Callable[[Any], Any]
) -> None:
    for package in NEEDS.get(script.__name__, ()):
        pytest.importorskip(package)
    monkeypatch.setattr(lifecycle, "_last_ended", None)
    expected = flat(RECORDED[script.__name__])
    result = flat(json.loads(json.dumps(script(tracking))))
    for path, value in result.items():
        if expected.get(path) == "error" and value in CODES:
            result[path] = "error"  # celltrail has a code where MLflow has none
    assert result == expected


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return a nested result as paths and values, so that a difference is one line."""
    if isinstance(value, dict) and value:
        pairs = value.items()
    elif isinstance(value, list) and value:
        pairs = enumerate(value)  # type: ignore[assignment]
    else:
        is_nan = isinstance(value, float) and math.isnan(value)
        return {path: "NaN" if is_nan else value}
    found: dict[str, Any] = {}
    for key, item in pairs:
        found |= flat(item, f"{path}/{key}")
    return found
