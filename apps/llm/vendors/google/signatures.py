"""Gemini's thought signatures, each on the part that it came with.

A foreign signature is refused by the host, a missing one too on the first call of a message of Gemini 3.
https://ai.google.dev/gemini-api/docs/thought-signatures
"""

import re

from apps.llm.vendors import seals

ALONE, TEXT, THOUGHT, CALL = "alone", "text", "thought", "call"
_OWNER = "gemini"
_WITHOUT = "skip_thought_signature_validator"
_UNSIGNED_MODELS = re.compile(r"gemini-[12](?:\.\d)?\b|gemma|learnlm")


def marked(signature: object, kind: str) -> str:
    """The signature as we keep it, with what bore it; empty for what is none."""
    return seals.sealed(_OWNER, kind, signature) if signature and isinstance(signature, str) else ""


def own(signature: str) -> tuple[str, str]:
    """What bore it and the signature as Gemini gave it; both empty for one of another vendor."""
    return seals.opened(signature, _OWNER) or ("", "")


def for_unsigned_call(model: str) -> str:
    """What the host takes in place of a signature for a call that another model made; empty where none is
    asked for."""
    return "" if _UNSIGNED_MODELS.search(model) else _WITHOUT
