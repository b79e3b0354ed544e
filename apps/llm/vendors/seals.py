"""What only its own host can read: signatures of thoughts, encrypted thoughts, tokens of calls.

A seal carries whose it is, so that one conversation may change models and nothing goes to a host that did not
make it. Packed it is one text: owner, kind and the host's own token, with colons between them.
"""

import re

THINKING, REDACTED, WORDS = "thinking", "redacted", "words"
_PACKED = re.compile(r"(?P<owner>[a-z0-9_]+(?:/[a-z]+)?):(?P<kind>[a-z]+):(?P<token>.*)", re.DOTALL)
_FAMILY = re.compile(r"(?:[a-z]+(?:-[a-z]+)*\.)*(?P<family>[a-z]+)")


def owner_of(vendor: str, model: str) -> str:
    """Who takes a model's seals back: its vendor for models of its family (bedrock/claude, bedrock/nova)."""
    found = _FAMILY.match(model.lower().rpartition("/")[2].removeprefix(f"{vendor}-"))
    return f"{vendor}/{found['family'] if found else 'other'}"


def sealed(owner: str, kind: str, token: str) -> str:
    """The signature that carries the host's token."""
    return f"{owner}:{kind}:{token}"


def opened(signature: str, owner: str) -> tuple[str, str] | None:
    """Kind and token of a seal of this owner; None for any other signature."""
    found = _PACKED.fullmatch(signature)
    return (found["kind"], found["token"]) if found and found["owner"] == owner else None


def token_of(signature: str) -> str:
    """The host's own token, whosever it is; what is no seal stays as it is."""
    found = _PACKED.fullmatch(signature)
    return found["token"] if found else signature
