"""Gemini's thought signatures: told from those of other vendors, since one conversation may change models.

A foreign signature is refused by the host, a missing one too on the first call of a message of Gemini 3.
https://ai.google.dev/gemini-api/docs/thought-signatures
"""

import re

_MARK = "gemini:"
_WITHOUT = "skip_thought_signature_validator"
_UNSIGNED_MODELS = re.compile(r"gemini-[12](?:\.\d)?\b|gemma|learnlm")


def marked(signature: object) -> str:
    """The signature as we keep it; empty for what is none."""
    return _MARK + signature if signature and isinstance(signature, str) else ""


def own(signature: str) -> str:
    """The signature as Gemini gave it; empty for one of another vendor."""
    return signature.removeprefix(_MARK) if signature.startswith(_MARK) else ""


def for_unsigned_call(model: str) -> str:
    """What the host takes in place of a signature for a call that another model made; empty where none is
    asked for."""
    return "" if _UNSIGNED_MODELS.search(model) else _WITHOUT
