"""Collections as OpenAI's clients see them: files given first, and vector stores that take them in."""
