"""What all datasets have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from celltrail import entities

if TYPE_CHECKING:
    from celltrail.data.sources import DatasetSource

__all__ = ["Dataset"]


class Dataset(ABC):
    """A description of data: name, digest, source, schema and profile.

    Parameters
    ----------
    source
        Where the data came from.
    name
        "dataset" when not given.
    digest
        Computed from the data when not given.
    """

    def __init__(
        self, source: DatasetSource, name: str | None = None, digest: str | None = None
    ) -> None:
        self.source = source
        self.name = name if name is not None else "dataset"
        self.digest = digest or self._compute_digest()

    @property
    @abstractmethod
    def profile(self) -> dict[str, Any]:
        """Sizes and the like."""

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any] | None:
        """Names and types, as MLflow writes them down; None when they have no name."""

    @abstractmethod
    def _compute_digest(self) -> str:
        """Return a short fingerprint of the data."""

    def to_dict(self) -> dict[str, str | None]:
        """Return the description as texts, as MLflow stores it."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.source_type,
            "schema": json.dumps(self.schema) if self.schema else None,
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """Return the description as JSON."""
        return json.dumps(self.to_dict())

    def to_entity(self) -> entities.Dataset:
        """Return the record of this dataset that a run keeps."""
        return entities.Dataset(
            name=self.name,
            digest=self.digest,
            source_type=self.source.source_type,
            source=self.source.to_json(),
            schema=json.dumps(self.schema) if self.schema else None,
            profile=json.dumps(self.profile),
        )
