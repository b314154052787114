"""Measure celltrail beside its peers: ``python benchmarks/run.py [NAME…]``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from driver import Driver, WorkerFailedError
from report import Result, machine, print_result, write_json
from rows import ALL_TRACKERS, Bench

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rows import Row

_MODULES = ("points", "create", "search", "history", "kernels", "start", "cell")
_PEERS = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
_VERSION = "import {0}, importlib.metadata; print(importlib.metadata.version('{0}'))"


def main() -> None:
    rows = {row.name: row for name in _MODULES for row in _rows(name)}
    options = _options(rows)
    versions = _installed(options.tracker or ALL_TRACKERS, options.peers)
    interpreters = {
        name: sys.executable if name == "celltrail" else options.peers
        for name in versions
    }
    for key, value in machine().items():
        print(f"{key}: {value}", file=sys.stderr)
    root = Path(tempfile.mkdtemp(prefix="celltrail-bench-", dir=options.folder))
    bench = Bench(Driver(interpreters), root, options.scale)
    results = []
    try:
        for name in options.names or rows:
            result = _measure(rows[name], bench, options.repeats)
            results.append(result)
            if not options.json:
                print_result(result, options.scale)
                sys.stdout.flush()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if options.json:
        print(write_json(results, options.scale, versions))


def _rows(module: str) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = import_module(f"rows.{module}").ROWS
    return rows


def _options(rows: dict[str, Row]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(rows))
    parser.add_argument(
        "--tracker",
        action="append",
        choices=ALL_TRACKERS,
        help="leave out the others; may be repeated",
    )
    parser.add_argument(
        "--peers", default=str(_PEERS), type=os.path.abspath, help="the peers' Python"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="part of the work")
    parser.add_argument("--repeats", type=int, help="instead of each row's own number")
    parser.add_argument("--folder", help="where the stores are made")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--verbose", action="store_true", help="show all messages")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in rows]
    if unknown:
        parser.error(f"no row {unknown[0]!r}; there are {', '.join(rows)}")
    return options


def _installed(trackers: Iterable[str], peers: str) -> dict[str, str]:
    """Return the versions of the trackers that can be imported."""
    versions = {}
    for name in trackers:
        python = sys.executable if name == "celltrail" else peers
        command = [python, "-c", _VERSION.format(name)]
        try:
            found = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            print(f"{name} is left out: {said.splitlines()[-1]}", file=sys.stderr)
        else:
            versions[name] = found.stdout.strip()
            print(f"{name} {versions[name]}", file=sys.stderr)
    return versions


def _measure(row: Row, bench: Bench, repeats: int | None) -> Result:
    """Repeat a row for all its trackers in turn, in alternating order."""
    result = Result(row)
    begin = time.monotonic()
    trackers = [name for name in row.trackers if name in bench.driver.interpreters]
    for repetition in range(repeats or row.repeats):
        for tracker in trackers if repetition % 2 == 0 else trackers[::-1]:
            if tracker in result.failures:
                continue
            try:
                result.add(tracker, row.measure(bench, tracker))
            except (WorkerFailedError, AssertionError) as error:
                result.failures[tracker] = str(error) or type(error).__name__
    result.seconds = time.monotonic() - begin
    # Of the last minute: what else the machine did, more or less.
    result.load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
