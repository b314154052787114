"""Any events, in any order, from any number of sessions, fold to what was logged."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrail.store import Store, events

RUNS = [f"0190000000007000800000000000000{n}" for n in range(3)]
KEYS = st.sampled_from(["a", "b", "x y/z", "", "é\x00\n"]) | st.text(max_size=5)
TEXTS = st.text(max_size=8)
FLOATS = st.floats(width=64)


@dataclass
class Expected:
    """What a run should hold, computed the naive way."""

    texts: dict[str, dict[str, str]] = field(
        default_factory=lambda: {kind: {} for kind in "pgvc"}
    )
    points: list[tuple[str, int, str, int]] = field(default_factory=list)
    status: str = "RUNNING"


action = st.one_of(
    st.tuples(st.sampled_from("pgvc"), st.sampled_from(RUNS), KEYS, st.none() | TEXTS),
    st.tuples(
        st.just("m"),
        st.sampled_from(RUNS),
        KEYS,
        st.tuples(FLOATS, st.integers(-(2**63), 2**63 - 1), st.integers(0, 9)),
    ),
    st.tuples(
        st.just("e"),
        st.sampled_from(RUNS),
        st.sampled_from(["RUNNING", "FINISHED", "FAILED"]),
        st.none(),
    ),
    st.tuples(st.just("fold"), st.none(), st.none(), st.none()),
    st.tuples(st.just("new session"), st.none(), st.none(), st.none()),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(action, max_size=40))
def test_what_was_logged_is_what_is_read(actions: list[Any]) -> None:
    expected: dict[str, Expected] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / ".celltrail")
        for number, (kind, run, key, value) in enumerate(actions):
            _perform(store, kind, run, key, value, number)
            if kind == "new session":
                for known in expected.values():
                    if known.status == "RUNNING":
                        known.status = "KILLED"
            elif run is not None:
                _expect(expected.setdefault(run, Expected()), kind, key, value)
        _compare(store, expected)
        store.close()


def _perform(store: Store, kind: str, run: Any, key: Any, value: Any, now: int) -> None:
    now_ns = (now + 1) * 1_000_000_000
    if kind == "fold":
        store.fold()
    elif kind == "new session":
        store.close()
        store.fold()
    elif kind == "m":
        number, step, milliseconds = value
        time = milliseconds * 1_000_000
        store.journal.append(events.metric(run, key, number, step, time))
    elif kind == "e":
        store.journal.append(events.run_status(run, key, now_ns))
    else:
        store.journal.append(events.text(kind, run, key, value, now_ns))  # type: ignore[arg-type]


def _expect(run: Expected, kind: str, key: Any, value: Any) -> None:
    if kind == "m":
        number, step, milliseconds = value
        run.points.append((events.clean(key), step, repr(number), milliseconds))
    elif kind == "e":
        run.status = key
    elif value is None:
        run.texts[kind].pop(events.clean(key), None)
    else:
        run.texts[kind][events.clean(key)] = events.clean(value)


def _compare(store: Store, expected: dict[str, Expected]) -> None:
    with store.reading() as connection:
        runs = connection.execute(
            "SELECT replace(run_id::VARCHAR, '-', ''), status, params, tags, "
            '"values", context, metric_stats FROM runs'
        ).fetchall()
        points = connection.execute(
            "SELECT replace(run_id::VARCHAR, '-', ''), key, step, value, "
            "epoch_ms(timestamp) FROM metrics"
        ).fetchall()
    assert {run_id for run_id, *_ in runs} == set(expected)
    for run_id, status, *maps, stats in runs:
        want = expected[run_id]
        assert status == want.status
        assert dict(zip("pgvc", maps, strict=True)) == want.texts
        counts = {key: stat["count"] for key, stat in stats.items()}
        keys = [key for key, *_ in want.points]
        assert counts == {key: keys.count(key) for key in keys}
        steps = {key: stat["step"] for key, stat in stats.items()}
        assert steps == {
            key: max(step for name, step, *_ in want.points if name == key)
            for key in keys
        }
    logged = [(run, *point) for run, want in expected.items() for point in want.points]
    found = [(run, key, step, repr(v), ms) for run, key, step, v, ms in points]
    assert sorted(found) == sorted(logged)
