"""REST of collections, documents, chunks and trial searches."""
