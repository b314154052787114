"""Names and types of columns and arrays, in MLflow's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["column_types", "tensor_types"]

_BY_DTYPE = {
    "bool": "boolean",
    "int8": "integer",
    "int16": "integer",
    "int32": "integer",
    "uint8": "integer",
    "uint16": "integer",
    "int64": "long",
    "uint32": "long",
    "float16": "float",
    "float32": "float",
    "float64": "double",
}
_BY_CONTENT = {
    "string": "string",
    "bytes": "binary",
    "boolean": "boolean",
    "datetime64": "datetime",
    "datetime": "datetime",
    "integer": "long",
    "floating": "double",
    "mixed-integer-float": "double",
}


def column_types(df: pd.DataFrame) -> list[dict[str, Any]] | None:
    """Return name, type and whether it is required, of each column.

    None when a column holds what MLflow has no type for.
    """
    found = []
    for name in df.columns:
        kind = _type_of(df[name])
        if kind is None:
            return None
        required = not bool(df[name].isna().any())
        found.append({"type": kind, "name": str(name), "required": required})
    return found


def tensor_types(arrays: Any) -> list[dict[str, Any]]:
    """Return type and shape of an array, or of each of a mapping of arrays."""
    if isinstance(arrays, Mapping):
        return [{"name": name, **_tensor(array)} for name, array in arrays.items()]
    return [_tensor(arrays)]


def _tensor(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    shape = [-1, *array.shape[1:]] if array.ndim else []
    return {
        "type": "tensor",
        "tensor-spec": {"dtype": str(array.dtype), "shape": shape},
    }


def _type_of(column: pd.Series[Any]) -> str | None:
    import pandas as pd

    name = str(column.dtype).lower()
    if name in _BY_DTYPE:
        return _BY_DTYPE[name]
    if name.startswith("datetime64"):
        return "datetime"
    return _BY_CONTENT.get(pd.api.types.infer_dtype(column, skipna=True))
