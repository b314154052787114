"""An experiment tracker that lives inside Jupyter."""

from __future__ import annotations
