"""MLflow's import path of the errors: ``from celltrail.exceptions import …``."""

from __future__ import annotations

from celltrail.errors import CelltrailError

__all__ = ["MlflowException"]

MlflowException = CelltrailError
