"""Reading values of a namespace without running the code of unknown objects.

Only exact built-in types, and scalars and arrays of numpy and pandas, are looked into;
of everything else nothing but its type and its instance dictionary is touched.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import sys
import types
import uuid
from typing import Any

from celltrail.notebook.capture.constants import LONGEST_TEXT, MISSING, MOST_ITEMS

__all__ = [
    "flatten",
    "instance_dict",
    "is_configuration",
    "is_key",
    "number",
    "numbers",
    "plain",
]

_DEPTH = 4
_MOST_FIELDS = 40
_MOST_BITS = 1000
_LONGEST_CURVE = 100_000
_LONGEST_ARRAY = 20
_AS_TEXT = (
    dt.date,
    dt.timedelta,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
)


def _numpy() -> Any:
    return sys.modules.get("numpy")


def _is_generic(value: Any) -> bool:
    numpy = _numpy()
    return numpy is not None and issubclass(type(value), numpy.generic)


def _is_array(value: Any) -> bool:
    numpy = _numpy()
    return numpy is not None and type(value) is numpy.ndarray


def number(value: Any) -> float | None:
    """Return a real number as a float; None for anything else, booleans too."""
    if type(value) is float:
        return value
    if type(value) is int or type(value) in _REAL:
        try:
            return float(value)
        except OverflowError:
            return None
    if _is_generic(value) or (_is_array(value) and value.ndim == 0):
        return float(value) if value.dtype.kind in "iuf" else None
    return None


_REAL = frozenset({decimal.Decimal, fractions.Fraction})


def numbers(value: Any) -> list[float] | None:
    """Return a list, tuple or one-dimensional array of numbers as floats."""
    if _is_array(value):
        fits = value.ndim == 1 and value.dtype.kind in "iuf"
        value = value.tolist() if fits and len(value) <= _LONGEST_CURVE else None
    if type(value) not in (list, tuple) or len(value) > _LONGEST_CURVE:
        return None
    found = []
    for item in value:
        one = number(item)
        if one is None:
            return None
        found.append(one)
    return found


def plain(value: Any, depth: int = 0) -> Any:
    """Return a parameter's value as scalars, lists and tuples, or `MISSING`."""
    kind = type(value)
    if kind in _SCALARS:
        too_long = kind is int and value.bit_length() > _MOST_BITS
        too_long = too_long or (kind is str and len(value) > LONGEST_TEXT)
        return MISSING if too_long else value
    if kind in _SEQUENCES:
        return _plain_sequence(value, depth)
    if _is_generic(value):
        return plain(value.item(), depth) if depth < _DEPTH else MISSING
    if _is_array(value):
        small = value.ndim == 1 and value.size <= _LONGEST_ARRAY
        return plain(value.tolist(), depth) if small else MISSING
    return _plain_object(value, kind)


_SCALARS = frozenset({bool, float, int, str, type(None)})
_SEQUENCES = frozenset({list, tuple, set, frozenset, range})


def _plain_sequence(value: Any, depth: int) -> Any:
    if len(value) > MOST_ITEMS or depth >= _DEPTH:
        return MISSING
    items = [plain(item, depth + 1) for item in value]
    if any(item is MISSING for item in items):
        return MISSING
    return tuple(items) if type(value) is tuple else items


def _plain_object(value: Any, kind: type) -> Any:
    if issubclass(kind, enum.Enum):
        return f"{kind.__name__}.{value._name_}"
    if issubclass(kind, pathlib.PurePath):
        return value.as_posix()
    if issubclass(kind, _AS_TEXT) and kind.__module__ in _TRUSTED:
        return str(value)
    if kind is type or kind is types.FunctionType:
        return str(value.__name__)
    if kind.__module__ == "torch" and kind.__name__ in {"device", "dtype"}:
        return str(value)
    return MISSING


_TRUSTED = frozenset(
    {
        "datetime",
        "decimal",
        "fractions",
        "pandas",
        "pandas._libs.tslibs.timedeltas",
        "pandas._libs.tslibs.timestamps",
        "uuid",
    }
)


def is_configuration(kind: type) -> bool:
    """Return whether a type holds settings: dataclass, Namespace, pydantic, attrs."""
    if kind.__module__ in {"argparse", "types"}:
        return kind.__name__ in {"Namespace", "SimpleNamespace"}
    return any(
        mark in vars(base) for base in kind.__mro__ for mark in _MARKS
    ) or _is_named_tuple(kind)


_MARKS = (
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__pydantic_fields__",
    "__pydantic_core_schema__",
)


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and isinstance(vars(kind).get("_fields"), tuple)


def _fields(value: Any) -> dict[Any, Any] | None:
    """Return the fields of a configuration object or dict; None for all others."""
    kind = type(value)
    if issubclass(kind, dict):
        trusted = kind.__module__ in {"builtins", "collections"}
        return value if trusted else None
    if not is_configuration(kind):
        return None
    if _is_named_tuple(kind):
        return dict(zip(kind._fields, value, strict=False))
    fields = dict(instance_dict(value) or _slots(value, kind))
    described = getattr(kind, "__dataclass_fields__", {})
    if len(fields) > _MOST_FIELDS and described:
        return {k: v for k, v in fields.items() if not _is_default(described, k, v)}
    return fields


def instance_dict(value: Any) -> dict[str, Any]:
    """Return an object's own attributes without asking the object for them."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _slots(value: Any, kind: type) -> dict[str, Any]:
    names = getattr(kind, "__slots__", ())
    return {n: object.__getattribute__(value, n) for n in names if isinstance(n, str)}


def _is_default(described: dict[str, Any], name: str, value: Any) -> bool:
    field = described.get(name)
    default = getattr(field, "default", MISSING)
    same_type = type(value) is type(default)
    return value is default or (same_type and bool(plain(value) == plain(default)))


def flatten(name: str, value: Any, depth: int = 0) -> dict[str, Any]:
    """Return a parameter as dotted names with plain values; {} if it has none.

    Examples
    --------
    >>> flatten("cfg", {"optim": {"lr": 0.1}, "epochs": 3})
    {'cfg.optim.lr': 0.1, 'cfg.epochs': 3}
    """
    fields = _fields(value)
    if fields is None:
        simple = plain(value)
        return {} if simple is MISSING else {name: simple}
    if depth >= _DEPTH or len(fields) > 2 * MOST_ITEMS:
        return {}
    found: dict[str, Any] = {}
    for key, item in fields.items():
        if is_key(key) and not _is_left_out(str(key)):
            found.update(flatten(f"{name}.{key}", item, depth + 1))
    return found


def is_key(key: Any) -> bool:
    """Return whether a dict's key is a text or number, whose text can be asked for."""
    return type(key) in _SCALARS or _is_generic(key)


def _is_left_out(key: str) -> bool:
    return key.startswith("_") or key in _SILENT


_SILENT = frozenset({"n_jobs", "nthread", "silent", "verbose", "verbosity"})
