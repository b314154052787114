"""Fingerprints of data, the same that MLflow computes.

Like MLflow's they look at the first 10,000 rows and the number of rows, so that they
cost milliseconds whatever the size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd

__all__ = ["numpy_digest", "pandas_digest"]

_ROWS = 10_000


def pandas_digest(df: pd.DataFrame) -> str:
    """Return eight characters that change with text and number columns."""
    import numpy as np
    import pandas as pd

    head = df.head(_ROWS)
    texts = head.columns[head.map(lambda value: type(value) is str).all(axis=0)]
    numbers = head.select_dtypes(include=[np.number]).columns
    hashes = pd.util.hash_pandas_object(head[texts.union(numbers)]).to_numpy()
    names = [str(name).encode() for name in df.columns]
    return _short([hashes, np.int64(len(df)), *names])


def numpy_digest(features: Any, targets: Any = None) -> str:
    """Return eight characters that change with the values and shapes of arrays."""
    parts: list[Any] = []
    for arrays in (features, targets):
        if isinstance(arrays, Mapping):
            for key in sorted(arrays):
                parts += _array_parts(arrays[key])
        elif arrays is not None:
            parts += _array_parts(arrays)
    return _short(parts)


def _array_parts(array: np.ndarray[Any, Any]) -> list[Any]:
    import numpy as np
    import pandas as pd

    head = array.flatten()[:_ROWS]
    try:
        content: Any = pd.util.hash_array(head)
    except TypeError:
        content = np.int64(head.size)
    return [content, *(np.int64(length) for length in array.shape)]


def _short(parts: Iterable[Any]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:8]
