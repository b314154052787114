"""The commands of ``%trail`` and what each takes; shared by magic, help, completion."""

from __future__ import annotations

import argparse

from celltrail.notebook.line import LineParser

__all__ = ["COMMANDS", "RUNS"]


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        message = f"expected a number from 1, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


RUNS = LineParser("%trail runs", description="The runs that match a filter.")
RUNS.add_argument("--desc", metavar="KEY", help="greatest first: a metric, param …")
RUNS.add_argument("--asc", metavar="KEY", help="least first")
RUNS.add_argument("--limit", metavar="N", type=_positive, help="at most N runs")
RUNS.add_argument(
    "--experiment", metavar="NAME", help="runs of this experiment, not the current one"
)
RUNS.add_argument(
    "--all",
    action="store_true",
    help="also failed runs without metrics, which are hidden otherwise",
)

_EXPERIMENT = LineParser(
    "%trail experiment", description="Use an experiment; make it if there is none."
)
_EXPERIMENT.add_argument(
    "name", metavar="NAME", nargs="?", help="without one, all are listed"
)

_SHOW = LineParser("%trail show", description="All that is known of one run.")
_SHOW.add_argument(
    "run", metavar="RUN", nargs="?", default="@last", help="@last if none is named"
)

_COMPARE = LineParser("%trail compare", description="What differs between runs.")
_COMPARE.add_argument(
    "runs", metavar="RUN", nargs="*", help="@prev and @last if none are named"
)

_DROP = LineParser("%trail drop", description="Delete runs; they can be restored.")
_DROP.add_argument("runs", metavar="RUN", nargs="+", help="@last, a name, an id …")

_SQL = LineParser("%trail sql", description="Answer one SELECT; also as %%trail sql.")
_STATUS = LineParser("%trail status", description="What is on, where, at what cost.")
_HELP = LineParser("%trail help", description="This manual.")

COMMANDS: dict[str, LineParser] = {
    "status": _STATUS,
    "experiment": _EXPERIMENT,
    "runs": RUNS,
    "show": _SHOW,
    "compare": _COMPARE,
    "sql": _SQL,
    "drop": _DROP,
    "help": _HELP,
}
