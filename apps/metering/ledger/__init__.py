"""Single calls of the ledger, for administrators: what each was, and how one is corrected."""
