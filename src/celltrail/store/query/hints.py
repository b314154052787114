"""What to tell a person whose search found nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrail.errors import nearest
from celltrail.store.query.filters import fields_named
from celltrail.store.query.ordering import order_fields
from celltrail.store.query.queries import run_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celltrail.store.query.fields import Field
    from celltrail.store.store import Store

__all__ = ["unknown_keys"]


def unknown_keys(
    store: Store, filter_string: str | None, order_by: Iterable[str] | None = None
) -> list[str]:
    """Return a sentence for each key of a search that no active run has.

    A search with such a key is no error, as in MLflow, for a run may yet get it; but a
    person who mistyped one wants to know.

    Examples
    --------
    ``["No run has metrics.acu. Did you mean 'auc'?"]``
    """
    ordered = [field for field, _ in order_fields(order_by)]
    named = {field.name: field for field in [*fields_named(filter_string), *ordered]}
    keyed = [field for field in named.values() if field.parameters]
    known = {column: run_keys(store, column) for column in map(_column, keyed)}
    return [
        f"No run has {field.name}.{nearest(field.parameters[0], known[_column(field)])}"
        for field in keyed
        if field.parameters[0] not in known[_column(field)]
    ]


def _column(field: Field) -> str:
    return field.name.partition(".")[0]
