"""The ledger: one row per provider call, reserved before it and settled after it."""
