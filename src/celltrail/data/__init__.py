"""Datasets to log as the inputs of a run: ``celltrail.log_input(from_pandas(df))``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celltrail.data.dataset import Dataset
from celltrail.data.sources import DatasetSource, get_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from celltrail.data.numpy_dataset import NumpyDataset
    from celltrail.data.pandas_dataset import PandasDataset

__all__ = ["Dataset", "DatasetSource", "from_numpy", "from_pandas", "get_source"]


def from_pandas(
    df: pd.DataFrame,
    source: str | DatasetSource | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """Return a dataset that describes a DataFrame.

    Parameters
    ----------
    df
        The data; it is described, not stored.
    source
        Where it came from: a path or URI. None is the program at hand.
    targets, predictions
        Columns with the target and with a model's predictions.
    name
        "dataset" when not given.
    digest
        Computed from the data when not given.

    Raises
    ------
    InvalidValueError
        When there is no column `targets` or `predictions`.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"age": [31, 54], "churned": [0, 1]})
    >>> from_pandas(df, source="churn.csv", targets="churned").profile
    {'num_rows': 2, 'num_elements': 4}
    """
    from celltrail.data.pandas_dataset import PandasDataset

    return PandasDataset(
        df, DatasetSource.resolve(source), targets, name, digest, predictions
    )


def from_numpy(
    features: np.ndarray[Any, Any] | Mapping[str, np.ndarray[Any, Any]],
    source: str | DatasetSource | None = None,
    targets: np.ndarray[Any, Any] | Mapping[str, np.ndarray[Any, Any]] | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """Return a dataset that describes arrays.

    Parameters
    ----------
    features, targets
        An array each, or a mapping of arrays; they are described, not stored.
    source, name, digest
        As for `from_pandas`.

    Examples
    --------
    >>> import numpy as np
    >>> from_numpy(np.zeros((3, 4)), targets=np.array([0, 1, 1])).profile[
    ...     "targets_size"
    ... ]
    3
    """
    from celltrail.data.numpy_dataset import NumpyDataset

    return NumpyDataset(features, DatasetSource.resolve(source), targets, name, digest)
