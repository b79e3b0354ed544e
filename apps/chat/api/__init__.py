"""The chat page's REST interface."""
