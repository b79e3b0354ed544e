"""A collection's change to another embedding model: beside the old vectors, then in one step."""
