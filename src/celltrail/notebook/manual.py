"""The manual: what ``%%track?`` and ``%trail?`` show."""

from __future__ import annotations

import argparse
import textwrap

from celltrail.notebook.options import PARSER
from celltrail.notebook.trail_options import COMMANDS

__all__ = ["TRACK", "TRAIL"]

_WIDTH = 78
_TRACK = """\
Make the execution of this cell a run.

    %%track [NAME] [OPTION …]

The run holds the cell's code, its params and metrics as far as they can be
found, what it printed and drew, the state of git and of the packages, and how
it ended. The cell does what it does without %%track: same output, same traceback,
same result. At its end a card says what became of it, and what has changed since
this cell's last execution.

{options}

Examples:
  %%track                                a run with a random name
  %%track rf-baseline --tag stage=dev    named, and tagged
  %%track --param data=v2 --metric cost  what the code does not show by itself
  %%track "two words" --experiment tuning --description "first try"

Inside the cell, celltrail.log_metric("auc", 0.91, step=3), log_param, set_tag,
log_artifact and the rest of MLflow's calls go to this run. start_run() takes
it over if nothing was logged yet, else it opens a child.

What is found by itself:
  params    names bound once from constants, arguments of estimators, configs
  metrics   results of sklearn.metrics, .score(), cross_val_score and the like;
            names such as auc, loss, rmse, f1; lists of numbers as curves
  values    other computed numbers, folded away; --metric NAME promotes one
Names that begin with _ are left alone. Secrets are masked.

For many cells:
  %track on     every cell that logs something or yields a metric is a run
  %track off    only cells that begin with %%track are

%trail lists the runs; %trail? explains.
"""
_TRAIL = """\
Look at the runs that were tracked, compare them, query them.

{commands}

A RUN is @last, @prev, @best:auc, @best:rmse:min, a name (the newest of that
name), an id or the beginning of one.

%trail                          the recent runs of this experiment
%trail experiment churn         new runs go to the experiment churn
%trail show @best:auc           params, metrics, files, environment, code
%trail compare @prev @last      what made the difference
%trail drop @last               delete a run

%trail runs --desc auc metrics.auc > 0.9 AND params.model = 'rf'
    Options come first; what follows is the filter, as it stands. It knows
    metrics.x, params.x, tags.x, values.x, status, run_name, start_time and
    duration, with AND, OR, NOT, parentheses, IN, BETWEEN and LIKE.
{runs}

%trail sql SELECT name, metrics['auc'] AS auc FROM runs ORDER BY auc DESC
    One SELECT, in DuckDB's SQL, over runs, runs_wide, params, metrics (every
    point), latest_metrics, tags, artifacts, experiments and cells. As a cell:

        %%trail sql
        SELECT …

A line's result can be kept: df = %trail runs --limit 100 is a DataFrame, and
so is df = %trail sql …
"""


def _options(parser: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter("", max_help_position=30, width=_WIDTH)
    for group in parser._action_groups:  # noqa: SLF001 - no other way to leave out usage
        # The name stands among the options, without a title of its own.
        formatter.start_section(group.title if group.title == "options" else None)
        formatter.add_arguments(group._group_actions)  # noqa: SLF001
        formatter.end_section()
    return formatter.format_help().strip("\n")


def _commands() -> str:
    lines = []
    for name, parser in COMMANDS.items():
        usage = parser.format_usage().partition(parser.prog)[2].split("\n")[0].strip()
        taken = {"runs": "[OPTION …] [FILTER]", "sql": "SELECT …"}.get(name, usage)
        lines.append(f"%trail {name} {taken}".ljust(37) + f" {parser.description}")
    return "\n".join(lines)


TRACK = _TRACK.format(options=_options(PARSER))
TRAIL = _TRAIL.format(
    commands=_commands(),
    runs=textwrap.indent(_options(COMMANDS["runs"]), "    "),
)
