"""Every error celltrail raises on purpose, under one base class.

A message says what happened, the value seen, what is allowed and the next step. The
``error_code`` texts are MLflow's, so that code which inspects them keeps working.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AlreadyExistsError",
    "CelltrailError",
    "InvalidTypeError",
    "InvalidValueError",
    "MissingExtraError",
    "NotFoundError",
    "StoreBusyError",
    "StoreError",
    "nearest",
]


class CelltrailError(Exception):
    """The base of all celltrail errors; `celltrail.exceptions.MlflowException` is it.

    Parameters
    ----------
    message
        What happened, the value seen, what is allowed, the next step.
    error_code
        One of MLflow's error codes; each subclass has its own default.
    """

    error_code = "INTERNAL_ERROR"
    _http_status = 500

    def __init__(self, message: object, error_code: str | None = None) -> None:
        self.message = str(message)
        if error_code is not None:
            self.error_code = error_code
        super().__init__(self.message)

    def get_http_status_code(self) -> int:
        """Return the HTTP status MLflow's server gives for this error."""
        return self._http_status


class InvalidValueError(CelltrailError, ValueError):
    """An argument has a value that is not allowed."""

    error_code = "INVALID_PARAMETER_VALUE"
    _http_status = 400


class InvalidTypeError(InvalidValueError, TypeError):
    """An argument has a type that is not allowed."""


class NotFoundError(CelltrailError):
    """What was asked for is not in the store."""

    error_code = "RESOURCE_DOES_NOT_EXIST"
    _http_status = 404


class AlreadyExistsError(CelltrailError):
    """What was to be created is there already."""

    error_code = "RESOURCE_ALREADY_EXISTS"
    _http_status = 400


class StoreError(CelltrailError):
    """The store's files cannot be used as they are."""


class StoreBusyError(StoreError):
    """Another process held the store beyond the deadline."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    _http_status = 503


class MissingExtraError(CelltrailError, ImportError):
    """An optional library is needed; the message has the exact ``pip install``."""

    @classmethod
    def for_package(cls, package: str, *, what: str) -> MissingExtraError:
        """Return the error for `what`, which needs `package`."""
        return cls(
            f"{what} needs the package {package!r}, which is not installed. "
            f"Run: pip install {package}"
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest known word, or an empty text.

    Examples
    --------
    >>> nearest("metrcs", ["metrics", "params"])
    " Did you mean 'metrics'?"
    """
    match = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {match[0]!r}?" if match else ""
