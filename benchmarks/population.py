"""The same runs for every tracker: names, params, metrics and times from one seed.

The stores of the search rows hold more runs than there is time to log. One run is
logged through the tracker's own functions; the others are that run's rows, copied in
the database with another id, name, time, params and metrics. So a copied run lies in
the store as a logged one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trackers import Tracker

__all__ = ["KEYS", "Batch", "batches", "log_template"]

KEYS = 10
_BATCH = 100_000
_FIRST_START = 1_750_000_000_000  # ms since 1970
_APART = 1000  # ms
_CHOICES = 10


class Batch(NamedTuple):
    """Some of the runs, as columns.

    `metrics` and `params` have a row a run and a column a key; params are small whole
    numbers. `starts` are in milliseconds since 1970.
    """

    names: list[str]
    ids: list[str]
    starts: list[int]
    metrics: np.ndarray
    params: np.ndarray


def batches(runs: int) -> Iterator[Batch]:
    """Yield `runs` runs; the first n are the same for any larger number."""
    for begin in range(0, runs, _BATCH):
        random = np.random.default_rng(begin)
        places = range(begin, min(begin + _BATCH, runs))
        starts = [_FIRST_START + _APART * place for place in places]
        yield Batch(
            names=[f"run-{place:07}" for place in places],
            # Like version 7 of UUIDs: ordered by time.
            ids=[
                f"{start:012x}70008{place:015x}"
                for start, place in zip(starts, places, strict=True)
            ],
            starts=starts,
            metrics=random.random((_BATCH, KEYS))[: len(places)],
            params=random.integers(_CHOICES, size=(_BATCH, KEYS))[: len(places)],
        )


def log_template(tracker: Tracker) -> None:
    """Log the run that is copied."""
    tracker.open()
    tracker.start("template")
    tracker.log_params({f"p{key}": 0 for key in range(KEYS)})
    tracker.log_metrics({f"m{key}": 0.0 for key in range(KEYS)})
    tracker.end()
