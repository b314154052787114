"""The tests mirror src/celltrail; they import helpers as `tests.part.module`."""
