"""OpenAI's protocol under /v1: the official client works by changing its base URL."""
