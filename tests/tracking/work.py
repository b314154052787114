"""What worker processes do in the tests."""

from __future__ import annotations

import celltrail


def log(key: str, value: float) -> None:
    """Log a point to whatever run is open."""
    celltrail.log_metric(key, value)


def nested(number: int) -> str:
    """Log a point to a nested run and return its id."""
    with celltrail.start_run(nested=True) as run:
        celltrail.log_metric("n", number)
    return run.info.run_id
