"""Sizes of pictures for hosts that ask for the ratio of the sides, or for each side."""

import re
from math import gcd

from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.errors import error

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})", re.ASCII | re.IGNORECASE)


def sides_of(size: str) -> tuple[int, int]:
    """Width and height of WIDTHxHEIGHT; raises VendorError (bad request) for anything else."""
    found = _SIZE.fullmatch(size)
    if found is None:
        raise error(ErrorKind.BAD_REQUEST, detail=f"{size[:20]} is no size such as 1024x1024")
    return int(found[1]), int(found[2])


def nearest_ratio(size: str, ratios: tuple[str, ...]) -> str:
    """The one of `ratios` that is nearest to WIDTHxHEIGHT; a ratio that is among them stays what it is."""
    if size in ratios:
        return size
    width, height = sides_of(size)
    divisor = gcd(width, height)
    exact = f"{width // divisor}:{height // divisor}"
    return exact if exact in ratios else min(ratios, key=lambda ratio: abs(_quotient(ratio) - width / height))


def _quotient(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return float(width) / float(height)
