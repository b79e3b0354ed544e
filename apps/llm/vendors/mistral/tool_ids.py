"""Tool call ids as Mistral takes them: nine letters and digits, whoever made the call."""

import hashlib
import re

_FITTING = re.compile(r"[a-zA-Z0-9]{9}")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 9


def fitting_id(ident: str) -> str:
    """The id itself where it fits, else nine characters that follow from it: a call and its result agree,
    in this request and in every later one."""
    if _FITTING.fullmatch(ident):
        return ident
    number = int.from_bytes(hashlib.sha256(ident.encode()).digest()[:8], "big")
    letters = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters)
