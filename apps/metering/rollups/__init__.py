"""The ledger by day: what pages and exports read, kept exactly as the ledger by the maintenance process."""
