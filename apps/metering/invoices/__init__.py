"""A provider's invoice beside the ledger: what both say of each model and day, and where they differ."""
