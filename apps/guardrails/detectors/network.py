"""E-mail addresses, IP addresses and hardware addresses."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.kinds import Certainty, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_AT: Final = re.compile(r"@(?<=[\w!#$%&'*+/=?^`{|}~-]@)(?=[\w-]+\.\w)")
_LETTERS: Final = r"0-9A-Za-z\u00c0-\u0dff"
"""Letters and digits of scripts that put spaces between words."""
_LOCAL: Final = re.compile(rf"[{_LETTERS}_!#$%&'*+/=?^`{{|}}~.-]{{1,64}}\Z")
_LABEL: Final = rf"[{_LETTERS}](?:[{_LETTERS}_-]{{0,61}}[{_LETTERS}])?"
_TOP: Final = r"(?:[A-Za-z\u00c0-\u0dff]{2,24}|xn--[a-z0-9-]{2,59})"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.){{1,8}}{_TOP}(?![{_LETTERS}@]|_[{_LETTERS}_.+-]{{0,64}}@)")
_LONGEST_LOCAL: Final = 64

_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_DOTS: Final = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_BEFORE_DOTS: Final = re.compile(r"(?<![\w.])[0-9]{1,3}\Z", re.ASCII)
_V4: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}(?![\w]|\.[\w])", re.ASCII)
_COLONS: Final = re.compile(r":[0-9A-Fa-f]{0,4}:")
_BEFORE_COLONS: Final = re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{0,4}\Z", re.ASCII)
_HEX: Final = re.compile(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,38}(?:(?<=:)[0-9.]{7,15})?(?![\w:])", re.ASCII)
_PAIRS: Final = re.compile(
    r"([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])|\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])",
    re.ASCII,
)
_BEFORE_PAIRS: Final = re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{2}(?:[0-9A-Fa-f]{2})?\Z", re.ASCII)
_SMALL: Final = 20
_GROUP: Final = re.compile("[0-9A-Fa-f]+")
_GROUPS: Final = 3
"""An IPv6 address shows at least as many groups, or a telling word stands near."""


def emails(reading: Reading) -> Iterator[Hit]:
    """RFC 5321's addresses without quotes and comments, also of internationalised domains."""
    text = reading.text
    for match in _AT.finditer(text):
        at = match.start()
        local = _LOCAL.search(text, max(0, at - _LONGEST_LOCAL), at)
        domain = _DOMAIN.match(text, at + 1)
        if local and domain:
            start = at - len(local.group().lstrip(".'*`/=-{|&#!$%?"))
            if start < at:
                value = text[start : domain.end()].casefold()
                yield Kind.EMAIL, start, domain.end(), value, "", Certainty.CHECKED


def addresses_v4(reading: Reading) -> Iterator[Hit]:
    """Dotted quads that are no version: behind such a word, or small throughout, only near a telling word."""
    for match in _starting(reading.text, _DOTS, _BEFORE_DOTS, _V4):
        start, end = match.span()
        known = reading.told("network", start, end, before=24, after=-1)
        small = all(int(each) < _SMALL for each in match.group().split(".")) and match.group() not in _PUBLIC
        versioned = small or reading.told("version", start, start, before=12, after=-1)
        if known or not versioned:
            certainty = Certainty.TOLD if known else Certainty.LIKELY
            yield Kind.IP, start, end, match.group(), "v4", certainty


_PUBLIC: Final = {"1.1.1.1", "8.8.8.8", "8.8.4.4", "1.0.0.1", "9.9.9.9", "10.0.0.1", "10.0.0.2", "4.4.4.4"}


def addresses_v6(reading: Reading) -> Iterator[Hit]:
    """Addresses that the standard library reads, with three groups or near a telling word."""
    for match in _starting(reading.text, _COLONS, _BEFORE_COLONS, _HEX):
        start, end = match.span()
        written = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
        groups = len(_GROUP.findall(written))
        if groups < _GROUPS and not reading.told("network", start, end):
            continue
        try:
            address = IPv6Address(written)
        except ValueError:
            continue
        yield Kind.IP, start, start + len(written), address.compressed, "v6", Certainty.CHECKED


def hardware(reading: Reading) -> Iterator[Hit]:
    """EUI-48 in the three usual spellings."""
    text = reading.text
    for match in _PAIRS.finditer(text):
        size = 4 if match.group(1) is None else 2
        before = _BEFORE_PAIRS.search(text, max(0, match.start() - size - 1), match.start())
        if before and len(before.group()) == size:
            value = re.sub(r"[^0-9a-f]", "", text[before.start() : match.end()].casefold())
            yield Kind.MAC, before.start(), match.end(), value, "", Certainty.CHECKED


def _starting(
    text: str, inside: re.Pattern[str], before: re.Pattern[str], whole: re.Pattern[str]
) -> Iterator[re.Match[str]]:
    """Matches of the whole, looked for by what is inside it: that begins with a rare character."""
    done = 0
    for match in inside.finditer(text):
        if match.start() < done:
            continue
        start = before.search(text, max(0, match.start() - 5), match.start())
        found = whole.match(text, start.start()) if start else None
        if found:
            done = found.end()
            yield found
