"""celltrail in the notebook: the extension, the magics and what they capture."""
