"""REST of accounts, and the base class of every endpoint."""
