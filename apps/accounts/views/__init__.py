"""Pages of accounts: the door, a person's settings, set-up, administration."""
