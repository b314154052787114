"""Looking after a store: doctor, garbage collection, backup, export and import."""
