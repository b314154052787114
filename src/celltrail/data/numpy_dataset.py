"""Arrays as datasets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from celltrail.data.dataset import Dataset
from celltrail.data.digests import numpy_digest
from celltrail.data.schemas import tensor_types

if TYPE_CHECKING:
    import numpy as np

    from celltrail.data.sources import DatasetSource

__all__ = ["NumpyDataset"]


class NumpyDataset(Dataset):
    """A description of arrays; make one with `celltrail.data.from_numpy`.

    Parameters
    ----------
    features, targets
        An array each, or a mapping of arrays.
    source, name, digest
        As for `Dataset`.
    """

    def __init__(
        self,
        features: np.ndarray[Any, Any] | Mapping[str, np.ndarray[Any, Any]],
        source: DatasetSource,
        targets: np.ndarray[Any, Any]
        | Mapping[str, np.ndarray[Any, Any]]
        | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        self.features = features
        self.targets = targets
        super().__init__(source, name, digest)

    @property
    def profile(self) -> dict[str, Any]:
        """Shapes and sizes of features and targets."""
        profile = _sizes("features", self.features)
        if self.targets is not None:
            profile |= _sizes("targets", self.targets)
        return profile

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """Types and shapes of features and targets."""
        targets = None if self.targets is None else tensor_types(self.targets)
        return {
            "mlflow_tensorspec": {
                "features": json.dumps(tensor_types(self.features)),
                "targets": None if targets is None else json.dumps(targets),
            }
        }

    def _compute_digest(self) -> str:
        return numpy_digest(self.features, self.targets)


def _sizes(role: str, arrays: Any) -> dict[str, Any]:
    def each(attribute: str) -> Any:
        if isinstance(arrays, Mapping):
            return {key: getattr(array, attribute) for key, array in arrays.items()}
        return getattr(arrays, attribute)

    return {f"{role}_{name}": each(name) for name in ("shape", "size", "nbytes")}
