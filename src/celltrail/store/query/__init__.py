"""Questions to a store: filters, search, references, lists and users' own SQL."""
