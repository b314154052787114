"""Static html and text of runs: what stays readable without scripts, everywhere.

Each function takes plain data and returns a `View`, which shows itself in a cell
(`_repr_mimebundle_`), prints itself in a terminal, and has `html` and `text`. A view
is built of blocks; `html` and `plain` are the only places where these become markup
or aligned columns, and so the only places that escape.
"""

from __future__ import annotations

from celltrail.views.card import card
from celltrail.views.data import ExperimentRow, MetricStats, RunDetails, Status
from celltrail.views.diff import compare
from celltrail.views.frame import frame_table
from celltrail.views.show import show
from celltrail.views.status import status_view
from celltrail.views.tables import experiments_table, runs_table
from celltrail.views.view import View

__all__ = [
    "ExperimentRow",
    "MetricStats",
    "RunDetails",
    "Status",
    "View",
    "card",
    "compare",
    "experiments_table",
    "frame_table",
    "runs_table",
    "show",
    "status_view",
]
