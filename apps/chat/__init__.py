"""Conversations: trees of messages, the prompts made from them, and the runs that answer."""
