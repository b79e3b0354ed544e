"""Pages of collections, for everyone and for those who manage knowledge."""
