"""Running one unit of work of one tracker in a process of that tracker's own Python.

A unit is a function ``unit(tracker, ready, **arguments) -> dict`` of a module in
`rows`. It prepares, calls ``ready()``, which returns when the driver says go, does the
work and returns what it measured. All units use `timing`, whoever the tracker is.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Driver", "WorkerFailedError"]

_WORKER = Path(__file__).parent / "worker.py"
# Nothing phones home, and nobody's configuration counts.
_ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "PYTHONWARNINGS": "ignore",
    "CELLTRAIL_QUIET": "",
}


class WorkerFailedError(Exception):
    """A unit of work ended without a result; the message is its last words."""


class Driver:
    """Starts workers of the trackers that are installed.

    Parameters
    ----------
    interpreters
        For each tracker the Python that can import it.
    """

    def __init__(self, interpreters: dict[str, str]) -> None:
        self.interpreters = interpreters

    def run(
        self, tracker: str, unit: Callable[..., Any], folder: Path, **arguments: object
    ) -> dict[str, Any]:
        """Return what one unit measured in a new process."""
        with self.start(tracker, unit, folder, **arguments) as worker:
            worker.wait_until_ready()
            worker.go()
            return worker.result()

    @contextlib.contextmanager
    def start(
        self, tracker: str, unit: Callable[..., Any], folder: Path, **arguments: object
    ) -> Iterator[_Worker]:
        """Yield a worker that is preparing; it has ended when the block ends."""
        request = {
            "module": unit.__module__,
            "unit": unit.__name__,
            "tracker": tracker,
            "folder": str(folder),
            "arguments": arguments,
        }
        worker = _Worker(self.interpreters[tracker], request)
        try:
            yield worker
        finally:
            worker.kill()


class _Worker:
    def __init__(self, interpreter: str, request: dict[str, Any]) -> None:
        folder = Path(request["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        self._complaints = (folder / f"stderr-{os.urandom(4).hex()}.txt").open("w+b")
        self._process = subprocess.Popen(
            [interpreter, str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=folder,
            env={**os.environ, **_ENVIRONMENT, "TRACKIO_DIR": str(folder / "trackio")},
        )
        self._say(json.dumps(request))

    def wait_until_ready(self) -> None:
        self._hear()

    def go(self) -> None:
        self._say("go")

    def result(self) -> dict[str, Any]:
        """Return the unit's result once its process has ended."""
        result: dict[str, Any] = json.loads(self._hear())
        self._process.wait()
        return result

    def kill(self) -> None:
        """End the process the hard way, if it has not ended; no handler of it runs."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        with contextlib.suppress(OSError):
            Path(self._complaints.name).unlink()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        if line:
            return line
        self._process.wait()
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace")
        if "--verbose" in sys.argv:
            print(complaints, file=sys.stderr)
        raise WorkerFailedError((complaints.strip() or "no message").splitlines()[-1])
