"""Looking after a collection: what it could not answer, what was said of its passages, what is old."""
