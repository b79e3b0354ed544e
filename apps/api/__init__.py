"""The REST surface, put together, and the dialects that other clients speak."""
