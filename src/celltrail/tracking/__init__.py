"""The tracking API: `celltrail.tracking.fluent` and `MlflowClient` over one core."""

from __future__ import annotations

from celltrail.tracking.client import Client, MlflowClient
from celltrail.tracking.location import get_tracking_uri, set_tracking_uri

__all__ = ["Client", "MlflowClient", "get_tracking_uri", "set_tracking_uri"]
