"""Google's models in their own dialect: Gemini (AI Studio), Vertex AI, and PaLM 2, which is closed."""
