"""Where a dataset came from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from celltrail import entities
from celltrail.environment import source_tags
from celltrail.errors import InvalidTypeError, InvalidValueError

if TYPE_CHECKING:
    from celltrail.data.dataset import Dataset

__all__ = ["DatasetSource", "get_source"]


@dataclass(frozen=True)
class DatasetSource:
    """A place, as MLflow writes it down.

    Parameters
    ----------
    source_type
        ``local``, ``http``, ``code``, or the scheme of a URI (``s3``, ``gs`` …).
    facts
        ``uri`` (``url`` for ``http``), or the ``tags`` of the program for ``code``.
    """

    source_type: str
    facts: dict[str, Any]

    @classmethod
    def resolve(cls, source: Any) -> DatasetSource:
        """Return the place that a path or URI means; None is the program at hand.

        Examples
        --------
        >>> DatasetSource.resolve("s3://bucket/churn.csv")
        DatasetSource(source_type='s3', facts={'uri': 's3://bucket/churn.csv'})
        """
        if isinstance(source, DatasetSource):
            return source
        if source is None:
            return cls("code", {"tags": source_tags()})
        if not isinstance(source, (str, Path)):
            message = (
                f"A dataset's source has to be a path or a URI, not "
                f"{type(source).__name__} ({source!r:.60})."
            )
            raise InvalidTypeError(message)
        text = str(source)
        is_uri = re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text)
        scheme = urlparse(text).scheme.lower() if is_uri else ""
        if scheme in {"http", "https"}:
            return cls("http", {"url": text})
        return cls("local" if scheme in {"", "file"} else scheme, {"uri": text})

    @property
    def uri(self) -> str | None:
        """The path or URI; None for data that the program made."""
        return self.facts.get("uri") or self.facts.get("url")

    url = uri

    def load(self, dst_path: str | Path | None = None) -> str:
        """Return a local path of the data, downloading it when it is elsewhere."""
        if self.uri is None:
            message = "The dataset was made by code, so there is no file to load."
            raise InvalidValueError(message)
        if self.source_type == "local" and dst_path is None:
            return self.uri
        from celltrail.artifacts import download_artifacts

        return download_artifacts(artifact_uri=self.uri, dst_path=dst_path)

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as a dictionary."""
        return dict(self.facts)

    def to_json(self) -> str:
        """Return the facts as MLflow stores them."""
        return json.dumps(self.facts)


def get_source(
    dataset: Dataset | entities.Dataset | entities.DatasetInput | Any,
) -> DatasetSource:
    """Return where a dataset came from, also of one read back from a run.

    Examples
    --------
    >>> from celltrail.entities import Dataset
    >>> get_source(Dataset("churn", "1a2b", "local", '{"uri": "churn.csv"}')).uri
    'churn.csv'
    """
    from celltrail.data.dataset import Dataset

    if isinstance(dataset, entities.DatasetInput):
        dataset = dataset.dataset
    if isinstance(dataset, Dataset):
        return dataset.source
    if isinstance(dataset, entities.Dataset):
        return DatasetSource(dataset.source_type, json.loads(dataset.source))
    message = (
        f"Unrecognized dataset type {type(dataset).__name__}. Expected a dataset of "
        "celltrail.data, or the entities Dataset or DatasetInput."
    )
    raise InvalidTypeError(message)
