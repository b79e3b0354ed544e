"""Ids of function calls: Gemini 3 gives them, older models and Vertex often do not."""

from uuid import uuid4

_OURS = "gemini-"


def call_id(given: object) -> str:
    """The host's id of a call, else one of ours, which never goes back there."""
    return given if given and isinstance(given, str) else _OURS + uuid4().hex[:24]


def host_id(ident: str) -> dict[str, str]:
    """The id as a field of a call or its result; a call and its result either both have it or neither."""
    return {} if ident.startswith(_OURS) else {"id": ident}
