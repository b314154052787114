"""The end of a process that used the tracking API."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import atexit, threading

def complain():
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            print(thread)

atexit.register(complain)
import celltrail
celltrail.set_tracking_uri({folder!r})
celltrail.set_experiment("e")
{body}
celltrail.search_runs()
"""
CLOSED = """
with celltrail.start_run():
    celltrail.log_metric("loss", 0.5)
"""
OPEN = """
celltrail.start_run()
celltrail.log_metric("loss", 0.5)
"""


@pytest.mark.parametrize("body", [CLOSED, OPEN])
def test_a_script_ends_silently_and_no_thread_outlives_it(
    tmp_path: Path, body: str
) -> None:
    script = SCRIPT.format(folder=str(tmp_path), body=body)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
