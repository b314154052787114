"""What was measured, as a table for people and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rows import Figure, Row

__all__ = ["Result", "machine", "print_result", "write_json"]

_OURS = "celltrail"


@dataclass
class Result:
    """The samples of one row: tracker → figure → one value a repetition."""

    row: Row
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    load: float | None = None
    seconds: float = 0.0

    def add(self, tracker: str, values: dict[str, float]) -> None:
        figures = self.samples.setdefault(tracker, {})
        for name, figure in self.row.figures.items():
            if name in values:
                figures.setdefault(name, []).append(figure.scaled(values[name]))

    def median(self, tracker: str, figure: str) -> float | None:
        values = self.samples.get(tracker, {}).get(figure)
        return statistics.median(values) if values else None


def print_result(result: Result, scale: float) -> None:
    """Print one row: a line for each figure and tracker, ours against its bar."""
    load = "" if result.load is None else f", load {result.load:.1f}"
    print(f"\n{result.row.name}: {result.row.title}")
    print(f"  took {result.seconds:.0f} s{load}")
    for name, figure in result.row.figures.items():
        print(f"  {figure.label}{_bar(figure)}")
        for tracker, figures in result.samples.items():
            if name in figures:
                ratio = _ratio(result, name, tracker)
                verdict = _verdict(result, name) if tracker == _OURS else ""
                if scale != 1:
                    verdict = ""
                spread = _spread(figures[name], figure.unit)
                print(f"    {tracker:<10} {spread:<44} {ratio:<10} {verdict}".rstrip())
    for tracker, message in result.failures.items():
        print(f"    {tracker:<10} failed: {message}")


def write_json(results: list[Result], scale: float, versions: dict[str, str]) -> str:
    """Return everything as JSON, every sample included."""
    rows = {
        result.row.name: {
            "title": result.row.title,
            "figures": {
                name: {
                    "label": figure.label,
                    "unit": figure.unit,
                    "bar": figure.bar,
                    "samples": {
                        tracker: figures[name]
                        for tracker, figures in result.samples.items()
                        if name in figures
                    },
                }
                for name, figure in result.row.figures.items()
            },
            "failures": result.failures,
            "load": result.load,
            "seconds": round(result.seconds, 1),
        }
        for result in results
    }
    about = {"machine": machine(), "scale": scale, "versions": versions, "rows": rows}
    return json.dumps(about, indent=2)


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    about: dict[str, Any] = {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "folder": tempfile.gettempdir(),
    }
    if hasattr(os, "getloadavg"):
        about["load"] = [round(load, 2) for load in os.getloadavg()]
    return about


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((s.partition(":")[2].strip() for s in lines if "model name" in s), "")


def _bar(figure: Figure) -> str:
    if figure.bar is None:
        return ""
    which = "at least" if figure.more_is_better else "at most"
    return f" (bar: {which} {figure.bar:g} {figure.unit})".replace(" )", ")")


def _spread(values: list[float], unit: str) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    text = f"{_number(middle)} {unit}"
    return text if low == high else f"{text}  ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004


def _ratio(result: Result, name: str, tracker: str) -> str:
    ours, theirs = result.median(_OURS, name), result.median(tracker, name)
    if tracker == _OURS or not ours or not theirs:
        return ""
    return f"{_number(theirs / ours)} x"


def _verdict(result: Result, name: str) -> str:
    figure, ours = result.row.figures[name], result.median(_OURS, name)
    if figure.bar is None or ours is None:
        return ""
    return "met" if figure.is_met(ours) else "MISSED"
