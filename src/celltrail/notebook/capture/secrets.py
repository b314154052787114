"""The old place of `celltrail.masking`."""

from __future__ import annotations

from celltrail.masking import MASK, is_secret_name, mask_text, mask_value

__all__ = ["MASK", "is_secret_name", "mask_text", "mask_value"]
