"""``python -m celltrail.cli`` is ``celltrail``."""

from __future__ import annotations

from celltrail.cli import main

main(prog_name="celltrail")
