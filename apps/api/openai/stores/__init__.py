"""/v1/files and /v1/vector_stores: OpenAI's shapes over files, collections and documents."""
