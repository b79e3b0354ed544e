"""A web site: its sitemap and a crawl below one address, as robots.txt asks, one page after another.

Known pages are asked for conditionally (ETag, Last-Modified), so that a site which did not change sends next
to nothing. Only the address's own origin is visited; every request leaves through the egress client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from apps.knowledge.connectors.base import (
    BadSettingError,
    Changes,
    Field,
    Item,
    ItemGoneError,
    Kind,
    Opening,
    Plain,
    Writable,
)
from apps.knowledge.connectors.crawling import Bounds, Crawl, Page
from apps.knowledge.connectors.wire import Place, Wire, checked_address, origin_of

_MOST_PAGES: Final = 1_000
_MOST_DEPTH: Final = 10


class WebsiteConnector(Plain):
    """The pages below one address; its cursor is what was known of each page."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        self._bounds = Bounds(int(settings["most_pages"]), int(settings["depth"]), opening.largest)
        self._start = settings["address"]
        self._wire = Wire(Place(self._start, opening.allowed))
        self._crawl: Crawl | None = None

    def changes(self, cursor: str) -> Changes:
        """All pages that can be reached; one that did not answer stays as it was."""
        known = {url: Page(*values) for url, values in json.loads(cursor or "{}").items()}
        crawl = self._crawl = Crawl(self._wire, self._start, self._bounds, known)
        crawl.run()
        items = tuple(
            Item(url, page.digest, page.name, url) for url, page in crawl.pages.items() if page.digest
        )
        kept = {url: page.values for url, page in crawl.pages.items()}
        kept |= {url: known[url].values for url in crawl.unsure if url in known}
        note = f"Only the first {self._bounds.pages} pages are followed." if crawl.is_cut else ""
        return Changes(
            items,
            json.dumps(kept, separators=(",", ":")),
            is_whole=not crawl.is_cut,
            removed=tuple(crawl.gone),
            unsure=crawl.unsure,
            note=note,
        )

    def fetch(self, item: Item, into: Writable) -> None:
        """The page as the crawl saw it."""
        if self._crawl is None or not self._crawl.copy(item.key, into):
            raise ItemGoneError

    def __exit__(self, *_: object) -> None:
        if self._crawl is not None:
            self._crawl.close()


def _check(settings: Mapping[str, str]) -> dict[str, str]:
    address = settings.get("address", "").strip()
    if "?" in address or "#" in address:
        raise BadSettingError("address", "Enter an address without “?” and “#”.")
    slash = "/" if address.endswith("/") else ""
    checked = checked_address("address", address) + slash
    return {
        "address": checked if checked.count("/") > 2 else checked + "/",  # noqa: PLR2004 - those of https://
        "depth": _number(settings, "depth", 3, _MOST_DEPTH),
        "most_pages": _number(settings, "most_pages", 200, _MOST_PAGES),
    }


def _number(settings: Mapping[str, str], name: str, default: int, most: int) -> str:
    text = settings.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):  # noqa: PLR2004 - digits
        raise BadSettingError(name, f"A whole number from 1 to {most}.")
    return str(int(text))


KIND: Final = Kind(
    slug="website",
    label="Web site",
    purpose="Public pages below one address, by sitemap and links, as the site's robots.txt asks.",
    fields=(
        Field(
            "address",
            "Address",
            "Where to begin, such as https://www.example.com/help/. Only pages below it are read.",
            required=True,
        ),
        Field("depth", "Depth", f"How many links away from the beginning, 1 to {_MOST_DEPTH}.", default="3"),
        Field("most_pages", "Most pages", f"How many pages at most, 1 to {_MOST_PAGES}.", default="200"),
    ),
    check=_check,
    origin=lambda settings: origin_of(settings["address"]),
    open=WebsiteConnector,
    readers="The pages are public, so there are no readers to mirror: whoever may read the collection reads "
    "them all.",
)
