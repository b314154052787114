"""The journal: one line a write, a lock for life, segments, and bad disks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrail.errors import InvalidValueError, StoreError
from celltrail.store import events
from celltrail.store import journal as journal_module
from celltrail.store.ids import new_id
from celltrail.store.journal import Journal
from celltrail.store.locks import is_held

if TYPE_CHECKING:
    from pathlib import Path

    from celltrail.store import Store


def a_journal(folder: Path) -> Journal:
    return Journal(folder, lambda: b'{"e":"o"}\n', lambda: None)


def lines(folder: Path) -> list[bytes]:
    paths = sorted(folder.glob("*.jsonl"))
    return b"".join(path.read_bytes() for path in paths).splitlines()


def test_nothing_is_created_before_the_first_event(folder: Path) -> None:
    a_journal(folder / "journal")
    assert not (folder / "journal").exists()


def test_a_line_is_in_the_file_when_the_call_returns(folder: Path) -> None:
    journal = a_journal(folder)
    journal.append(b'{"e":"m"}\n')
    assert lines(folder) == [b'{"e":"o"}', b'{"e":"m"}']


def test_the_session_lock_is_held_until_the_session_closes(folder: Path) -> None:
    journal = a_journal(folder)
    journal.append(b"{}\n")
    lock = folder / f"{journal.session_id}.lock"
    assert is_held(lock)
    journal.close()
    assert not is_held(lock)


def test_after_closing_the_next_event_begins_another_session(folder: Path) -> None:
    journal = a_journal(folder)
    journal.append(b"1\n")
    first = journal.session_id
    journal.close()
    journal.append(b"2\n")
    assert journal.session_id != first
    assert lines(folder).count(b'{"e":"o"}') == 2


def test_segments_end_at_their_size_and_lose_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1000)
    full = []
    journal = Journal(folder, lambda: b"{}\n", lambda: full.append(1))
    for number in range(100):
        journal.append(b'{"s":%d,"x":"%s"}\n' % (number, b"x" * 80))
    assert len(full) == len(list(folder.glob("*.jsonl"))) - 1 > 5
    assert [json.loads(line)["s"] for line in lines(folder)[1:]] == list(range(100))


def test_a_line_longer_than_a_segment_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 100)
    journal = a_journal(folder)
    journal.append(b"x" * 500 + b"\n")
    journal.append(b"y\n")
    assert lines(folder)[1:] == [b"x" * 500, b"y"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_child_that_outlives_its_parent_does_not_keep_it_alive(store: Store) -> None:
    script = """
import os, sys
from celltrail.store import events, open_store
from celltrail.store.ids import new_id
store = open_store(sys.argv[1])
store.journal.append(events.run_started(new_id(), 0))
if os.fork() == 0:
    os.write(1, b"child\\n")
    sys.stdin.read()
    os._exit(0)
os._exit(0)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(store.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"child\n"
    parent.wait()
    assert not any(is_held(lock) for lock in store.journals.glob("*.lock"))
    parent.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said_and_the_next_line_begins_anew(folder: Path) -> None:
    # RLIMIT_FSIZE makes the kernel cut a write short, as a full disk does.
    script = """
import resource, signal, sys
from pathlib import Path
from celltrail.errors import StoreError
from celltrail.store.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]), lambda: b"{}\\n", lambda: None)
journal.append(b'{"s":1}\\n')
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (15, hard))
for number in (2, 3):
    try:
        journal.append(b'{"s":%d}\\n' % number)
    except StoreError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
journal.append(b'{"s":4}\\n')
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "journal")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("what was logged before is kept") == 2
    assert lines(folder / "journal") == [b"{}", b'{"s":1}', b'{"s"', b'{"s":4}']


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_fills_with_the_greeting_costs_no_later_line(folder: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from celltrail.errors import StoreError
from celltrail.store.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]), lambda: b'{"greeting":1}\\n', lambda: None)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5, hard))
try:
    journal.append(b'{"s":1}\\n')
except StoreError:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
journal.append(b'{"s":2}\\n')
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "journal")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "refused\n"
    assert lines(folder / "journal")[-1] == b'{"s":2}'


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="the superuser may write everywhere",
)
def test_a_read_only_folder_is_said(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(StoreError, match="not yours to write"):
        a_journal(folder / "journal").append(b"{}\n")


def test_a_file_where_the_folder_should_be_is_said(folder: Path) -> None:
    (folder / "journal").write_text("")
    with pytest.raises(StoreError, match="could not write to its journal"):
        a_journal(folder / "journal").append(b"{}\n")


@given(st.text(), st.text())
def test_any_text_makes_one_line_of_json(key: str, value: str) -> None:
    line = events.text(events.PARAM, new_id(), key, value)
    assert line.count(b"\n") == 1
    assert json.loads(line)["k"] == events.clean(key)
    assert json.loads(line)["x"] == events.clean(value)


def test_lone_surrogates_are_replaced_and_pairs_kept() -> None:
    assert events.clean("a\ud800b") == "a\ufffdb"
    assert events.clean("😀") == "😀"


@given(st.floats(), st.integers(-(2**63), 2**63 - 1))
def test_any_float_and_step_make_one_line_of_strict_json(
    value: float, step: int
) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    line = events.metric(new_id(), "m", value, step, 0)
    parsed = json.loads(line, parse_constant=refuse)
    assert repr(float(parsed["v"])) == repr(value)
    assert parsed["s"] == step


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1])
def test_a_step_beyond_64_bits_is_refused(step: int) -> None:
    with pytest.raises(InvalidValueError, match="does not fit 64 bits"):
        events.metric(new_id(), "m", 1.0, step, 0)


def test_a_timestamp_that_is_not_in_milliseconds_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="milliseconds since 1970"):
        events.metric(new_id(), "m", 1.0, 0, 10**24)


def test_an_entry_of_many_megabytes_is_refused_with_advice() -> None:
    with pytest.raises(InvalidValueError, match="Log it as an artifact"):
        events.text(events.PARAM, new_id(), "huge", "x" * 9_000_000)
