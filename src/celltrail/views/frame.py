"""A DataFrame as `%trail sql` shows it."""

from __future__ import annotations

from datetime import datetime
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from celltrail.views.blocks import Column, Line, Span, Table, user
from celltrail.views.format import number
from celltrail.views.phrases import ABSENT
from celltrail.views.texts import count_of
from celltrail.views.view import View

if TYPE_CHECKING:
    import pandas as pd

    from celltrail.views.blocks import Block, Pieces

__all__ = ["frame_table"]

_CELL, _TITLE = 60, 40
_MISSING = frozenset({"NAType", "NaTType", "NoneType"})


def frame_table(frame: pd.DataFrame, *, max_rows: int = 50) -> View:
    """Return the first rows of a DataFrame, and how many there are in all.

    Examples
    --------
    >>> import pandas as pd
    >>> print(frame_table(pd.DataFrame({"run": ["a", "b"], "auc": [0.91234, 0.9]})))
    run     auc
    a    0.9123
    b       0.9
    2 rows
    """
    head = frame.head(max_rows)
    columns = [
        Column(user(str(title), _TITLE), right=_numeric(frame.iloc[:, index].dtype))
        for index, title in enumerate(frame.columns)
    ]
    rows = [
        [
            _cell(value, numeric=column.right)
            for value, column in zip(row, columns, strict=True)
        ]
        for row in head.itertuples(index=False, name=None)
    ]
    total = count_of(len(frame), "row")
    shown = f"the first {len(head)} of {total}" if len(head) < len(frame) else total
    blocks: list[Block] = [Table("", columns, rows)] if columns else []
    return View([*blocks, Line((shown,))])


def _numeric(dtype: Any) -> bool:
    return getattr(dtype, "kind", "O") in "iuf"


def _cell(value: Any, *, numeric: bool) -> Pieces:
    no_number = isinstance(value, float) and value != value  # noqa: PLR0124 - NaN
    if type(value).__name__ in _MISSING or (no_number and not numeric):
        return ABSENT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        return "NaN" if no_number else number(float(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = str(value)
    return user(text, _CELL) if text else Span("empty", "quiet")
