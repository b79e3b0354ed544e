"""Mistral's own dialect: near OpenAI's, with reasoning as content, short tool ids and files as addresses."""
