"""Knowledge bases, documents, parsing, retrieval, citations."""
