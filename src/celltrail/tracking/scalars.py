"""Metric values, steps and timestamps, from whatever the user's libraries give."""

from __future__ import annotations

import sys
from typing import Any, SupportsIndex, cast

from celltrail.errors import InvalidTypeError, InvalidValueError

__all__ = ["to_float", "to_nanoseconds", "to_step"]

_INT64 = 2**63


def to_float(value: Any, key: str = "") -> float:
    """Return a metric value as a float, as MLflow does.

    Taken are numbers, booleans, texts of numbers, and arrays and tensors (NumPy,
    torch, TensorFlow, JAX) that hold one number.

    Raises
    ------
    InvalidValueError
        For anything else.

    Examples
    --------
    >>> to_float(True), to_float("0.5")
    (1.0, 0.5)
    """
    if value is None:
        message = f"Missing value for metric {key!r}: it is None; log a number."
        raise InvalidValueError(message)
    try:
        return float(_single(value))
    except OverflowError:
        message = f"The value of metric {key!r} is too large for a 64-bit float."
        raise InvalidValueError(message) from None
    except TypeError as error:
        raise InvalidTypeError(_not_a_number(value, key, error)) from None
    except (ValueError, RuntimeError) as error:
        raise InvalidValueError(_not_a_number(value, key, error)) from None


def to_step(step: Any) -> int:
    """Return a metric's step as an integer that fits 64 bits; None is 0.

    Raises
    ------
    InvalidValueError
        For anything else.
    """
    if step is None:
        return 0
    try:
        number = int(cast("SupportsIndex", step))
    except (TypeError, ValueError, OverflowError):
        message = (
            f"The step {step!r} is no integer. "
            "Step must be a valid long (64-bit integer)."
        )
        raise InvalidValueError(message) from None
    if not -_INT64 <= number < _INT64:
        message = f"The step {step} does not fit 64 bits; steps go to ±2^63."
        raise InvalidValueError(message)
    return number


def to_nanoseconds(timestamp: Any) -> int:
    """Return a timestamp in milliseconds since 1970 as nanoseconds.

    Raises
    ------
    InvalidValueError
        For a negative number, a time after 2262, or no number at all.
    """
    try:
        milliseconds = int(timestamp)
    except (TypeError, ValueError, OverflowError):
        milliseconds = -1
    if not 0 <= milliseconds < _INT64 // 1_000_000:
        message = (
            f"The timestamp {timestamp!r} is not allowed. Timestamp must be a "
            "nonnegative long (64-bit integer): milliseconds since 1970, until 2262."
        )
        raise InvalidValueError(message)
    return milliseconds * 1_000_000


def _single(value: Any) -> Any:
    """Return the one number an array or tensor holds; other values unchanged."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
    if hasattr(value, "item") and hasattr(value, "shape"):
        return value.item()
    return value


def _not_a_number(value: Any, key: str, error: Exception) -> str:
    shape = getattr(value, "shape", None)
    seen = f"an array of shape {tuple(shape)}" if shape else f"{value!r:.60}"
    return (
        f"Invalid value for metric {key!r}: {seen} ({type(value).__name__}) is no "
        f"single number ({error}). Please specify value as a valid double "
        "(64-bit floating point)."
    )
