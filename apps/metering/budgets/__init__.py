"""Budgets: what was agreed is what can be spent. Reserved before a call, settled after it, by row locks."""
