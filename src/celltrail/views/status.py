"""What is on, where the store is, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.views.blocks import Column, Line, Table, code, user
from celltrail.views.format import duration, size
from celltrail.views.texts import count_of
from celltrail.views.view import View

if TYPE_CHECKING:
    from celltrail.views.blocks import Pieces
    from celltrail.views.data import Status

__all__ = ["status_view"]

_TEXT = 200


def status_view(status: Status) -> View:
    """Return the answer to ``%trail status``.

    Examples
    --------
    >>> from celltrail.views.data import Status
    >>> print(status_view(Status(store="/lab/.celltrail", experiment="bank", runs=3)))
    celltrail
    store       /lab/.celltrail
    experiment  bank
    holds       3 runs
    tracks      cells that begin with %%track
    session     0 runs in 0 cells
    """
    held = count_of(status.runs, "run")
    if status.size is not None:
        held += f", {size(status.size)} on disk"
    automatic = ("every cell that yields a result, until ", code("%track off"))
    marked = ("cells that begin with ", code("%%track"))
    cells = count_of(status.session_cells, "cell")
    rows: list[tuple[str, Pieces]] = [
        ("store", user(status.store, _TEXT)),
        ("experiment", user(status.experiment)),
        ("holds", held),
        ("tracks", automatic if status.automatic else marked),
        ("session", f"{count_of(status.session_runs, 'run')} in {cells}"),
    ]
    if status.active_run:
        rows.append(("open run", user(status.active_run)))
    if status.seconds_per_cell is not None:
        rows.append(("costs", f"{duration(status.seconds_per_cell)} a tracked cell"))
    notes = [Line((user(note, _TEXT),)) for note in status.notes]
    return View(
        [Table("", [Column("celltrail"), Column("", wraps=True)], rows), *notes]
    )
