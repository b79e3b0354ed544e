"""Cohere's own dialect: chat, embeddings and reranking of its API v2."""
