"""What a crawler takes from a page and from a sitemap: links, and the wish not to be followed or kept."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from apps.knowledge.parsing.errors import ParseError
from apps.knowledge.parsing.xmltree import parse_xml

MOST_LINKS: Final = 2_000
MOST_PAGE: Final = 2 * 1024 * 1024
MOST_SITEMAP: Final = 16 * 1024 * 1024
_MOST_URL: Final = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page says to crawlers."""

    links: tuple[str, ...]
    keep: bool
    follow: bool


@dataclass
class _Found:
    base: str
    wishes: list[str]
    links: dict[str, None] = field(default_factory=dict)


class _Reader(HTMLParser):
    """The standard library's parser: slow, but written in Python, so a page can not break out of it."""

    def __init__(self, found: _Found) -> None:
        super().__init__()
        self._found = found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what crawlers look at."""
        values = {name: value or "" for name, value in attrs}
        if tag in {"a", "area"} and "nofollow" not in values.get("rel", "").lower().split():
            link = _absolute(self._found.base, values.get("href", ""))
            if link and len(self._found.links) < MOST_LINKS:
                self._found.links[link] = None
        elif tag == "base" and values.get("href"):
            self._found.base = _absolute(self._found.base, values["href"]) or self._found.base
        elif tag == "meta" and values.get("name", "").lower() in {"robots", "atrium"}:
            self._found.wishes.append(values.get("content", ""))


def read_page(url: str, body: bytes, robots_header: str) -> Seen:
    """Links of the page in its order, absolute and without fragments; `noindex` and `nofollow` are heard."""
    found = _Found(url, [robots_header])
    reader = _Reader(found)
    with suppress(AssertionError):  # how the parser gives up on a broken declaration
        reader.feed(body[:MOST_PAGE].decode("utf-8", "replace"))
    words = {word.strip() for word in ",".join(found.wishes).lower().replace(":", ",").split(",")}
    return Seen(tuple(found.links), not words & {"noindex", "none"}, not words & {"nofollow", "none"})


def read_sitemap(body: bytes) -> tuple[list[str], list[str]]:
    """The pages and the further sitemaps that a sitemap names; nothing for what is none (sitemaps.org)."""
    try:
        root = parse_xml(_unzipped(body))
    except (ParseError, OSError, EOFError, zlib.error):
        return [], []
    pages: list[str] = []
    maps: list[str] = []
    for entry in root:
        kind = entry.tag.rpartition("}")[2]
        place = next((child.text for child in entry if child.tag.rpartition("}")[2] == "loc"), None)
        link = _absolute("", (place or "").strip())
        if link:
            (maps if kind == "sitemap" else pages).append(link)
    return pages, maps


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        return file.read(MOST_SITEMAP)


def _absolute(base: str, link: str) -> str:
    """The address without its fragment; nothing for what is no page's address."""
    try:
        whole = urldefrag(urljoin(base, link.strip()))[0]
        parts = urlsplit(whole)
    except ValueError:
        return ""
    fits = (
        parts.scheme in {"http", "https"} and parts.netloc and whole.isprintable() and len(whole) <= _MOST_URL
    )
    return whole if fits and " " not in whole else ""
