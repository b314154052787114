"""DataFrames as datasets."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from celltrail.data.dataset import Dataset
from celltrail.data.digests import pandas_digest
from celltrail.data.schemas import column_types
from celltrail.errors import InvalidValueError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from celltrail.data.sources import DatasetSource

__all__ = ["PandasDataset"]


class PandasDataset(Dataset):
    """A description of a DataFrame; make one with `celltrail.data.from_pandas`.

    Parameters
    ----------
    df
        The data.
    source, name, digest
        As for `Dataset`.
    targets, predictions
        Columns with the target and with a model's predictions.
    """

    def __init__(
        self,
        df: pd.DataFrame,
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        for role, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in df.columns:
                message = (
                    "The specified pandas DataFrame does not contain the specified "
                    f"{role} column {column!r}."
                    f"{nearest(str(column), map(str, df.columns))}"
                )
                raise InvalidValueError(message)
        self.df = df
        self.targets = targets
        self.predictions = predictions
        super().__init__(source, name, digest)

    @property
    def profile(self) -> dict[str, Any]:
        """Numbers of rows and elements."""
        return {"num_rows": len(self.df), "num_elements": int(self.df.size)}

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """Names and types of the columns; None when one has no MLflow type."""
        columns = column_types(self.df)
        return None if columns is None else {"mlflow_colspec": columns}

    def _compute_digest(self) -> str:
        return pandas_digest(self.df)
