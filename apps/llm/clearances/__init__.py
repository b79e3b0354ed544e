"""Clearances: the highest data class that a model may receive, and where each call's came from."""
