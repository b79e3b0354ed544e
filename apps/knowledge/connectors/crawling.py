"""One crawl of a site: robots.txt, sitemaps, then page by page with a pause, within its bounds."""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

from apps.knowledge.connectors import robots
from apps.knowledge.connectors.base import ConnectorError
from apps.knowledge.connectors.markup import MOST_SITEMAP, read_page, read_sitemap
from apps.knowledge.connectors.wire import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.knowledge.connectors.base import Writable
    from apps.knowledge.connectors.wire import Answer, Wire

PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
LONGEST_S: Final = 1_000.0
MOST_BYTES: Final = 256 * 1024 * 1024
_MOST_MAPS: Final = 20
_MOST_FAILURES: Final = 5
_PART: Final = 256 * 1024
_USER_AGENT: Final = "Atrium/1.0 (knowledge crawler)"
_NO_DOCUMENTS: Final = (
    "image/",
    "video/",
    "audio/",
    "font/",
    "text/css",
    "text/javascript",
    "application/javascript",
)
_GONE: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a crawl goes: pages, links from the beginning, bytes of one page."""

    pages: int
    depth: int
    largest: int


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a page; without a digest it is not to be kept, only looked at for links."""

    etag: str
    modified: str
    digest: str
    name: str
    depth: int

    @property
    def values(self) -> list[str | int]:
        """In the order of the fields."""
        return [self.etag, self.modified, self.digest, self.name, self.depth]


class Crawl:
    """Run once; then `pages` are there, `gone` were, `unsure` did not answer, `is_cut`: a bound was met."""

    def __init__(self, wire: Wire, start: str, bounds: Bounds, known: Mapping[str, Page]) -> None:
        self._wire = wire
        self._start = start
        self._bounds = bounds
        self._known = known
        self._robots = robots.Robots()
        self._left = MOST_BYTES
        self._ends = time.monotonic() + LONGEST_S
        self._queue: deque[tuple[str, int]] = deque()
        self._met: set[str] = set()
        self._failures = 0
        self._folder = Path(tempfile.mkdtemp(prefix="atrium-crawl-"))
        self.pages: dict[str, Page] = {}
        self.gone: set[str] = set()
        self.unsure: dict[str, str] = {}
        self.is_cut = False

    def run(self) -> None:
        """Visit everything; raises ConnectorError when the beginning can not be read."""
        self._robots = self._asked_robots()
        if not self._robots.allows(_path_of(self._start)):
            raise ConnectorError(
                f"The robots.txt of {self._wire.host} asks not to read this address, so it is not read.",
                retryable=False,
            )
        self._enqueue(self._start, 0)
        for url in self._listed():
            self._enqueue(url, 1)
        for url, page in self._known.items():
            self._enqueue(url, page.depth)
        while self._queue:
            url, depth = self._queue.popleft()
            if self._is_over():
                self.is_cut = True
                return
            self._visit(url, depth)

    def copy(self, url: str, into: Writable) -> bool:
        """Write the page's bytes; False when this crawl did not load it."""
        path = self._folder / _digest(url.encode())
        if not path.exists():
            return False
        with path.open("rb") as file:
            while part := file.read(_PART):
                into.write(part)
        return True

    def close(self) -> None:
        """Remove what was loaded."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_over(self) -> bool:
        visited = len(self.pages) + len(self.gone) + len(self.unsure)
        is_late = time.monotonic() > self._ends
        return is_late or self._left <= 0 or visited >= self._bounds.pages

    def _asked_robots(self) -> robots.Robots:
        """The site's rules (RFC 9309): none where there is no file, everything forbidden while it fails."""
        answer = self._get(urljoin(self._start, "/robots.txt"), {}, robots.MOST_BYTES)
        if answer.status == HTTPStatus.OK:
            return robots.parse(answer.body.decode("utf-8", "replace"))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ConnectorError(
                f"The robots.txt of {self._wire.host} can not be read now (status {answer.status}), so "
                "nothing is. Nothing was changed here.",
                retryable=True,
            )
        return robots.Robots()

    def _listed(self) -> list[str]:
        """The pages of the site's sitemaps on this origin."""
        waiting = deque([*self._robots.sitemaps, urljoin(self._start, "/sitemap.xml")])
        asked: set[str] = set()
        found: list[str] = []
        while waiting and len(asked) < _MOST_MAPS and len(found) < self._bounds.pages:
            url = waiting.popleft()
            if url in asked or not self._is_here(url):
                continue
            asked.add(url)
            try:
                answer = self._get(url, {}, MOST_SITEMAP)
            except ConnectorError:
                continue
            if answer.status == HTTPStatus.OK:
                pages, maps = read_sitemap(answer.body)
                found += pages
                waiting += maps
        return found

    def _enqueue(self, url: str, depth: int) -> None:
        """Visit it later, once, if it lies below the beginning and robots.txt lets us."""
        below = self._start if self._start.endswith("/") else self._start.rpartition("/")[0] + "/"
        fits = url == self._start or url.startswith(below)
        if url in self._met or depth > self._bounds.depth or not fits or not self._is_here(url):
            return
        self._met.add(url)
        if self._robots.allows(_path_of(url)):
            self._queue.append((url, depth))

    def _is_here(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self._start)[:2]

    def _visit(self, url: str, depth: int) -> None:
        known = self._known.get(url)
        try:
            answer = self._get(url, _conditions(known), self._bounds.largest)
        except TooLargeError:
            return
        except ConnectorError as error:
            self._failed(url, str(error))
            return
        if answer.status == HTTPStatus.NOT_MODIFIED and known is not None:
            self.pages[url] = known
        elif answer.status == HTTPStatus.OK:
            self._failures = 0
            self._take(url, depth, answer)
        elif answer.status in _GONE:
            self._lost(url, answer.status)
        elif HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            self._redirected(url, depth, answer.headers.get("Location", ""))
        else:
            self._failed(url, f"{self._wire.host} answered with status {answer.status}.")

    def _redirected(self, url: str, depth: int, location: str) -> None:
        """Visit where it leads, if that is below the beginning too; each hop costs as much as a link."""
        target = urljoin(url, location).partition("#")[0]
        if url == self._start and not self._is_here(target):
            raise ConnectorError(
                f"{url} leads to another host, which is not followed. Enter the address that it leads to.",
                retryable=False,
            )
        self.gone.add(url)
        self._enqueue(target, depth if depth == 0 else min(depth + 1, self._bounds.depth))

    def _take(self, url: str, depth: int, answer: Answer) -> None:
        if answer.content_type.startswith(_NO_DOCUMENTS):
            return
        keep = True
        if answer.content_type in {"text/html", "application/xhtml+xml"}:
            seen = read_page(url, answer.body, answer.headers.get("X-Robots-Tag", ""))
            keep = seen.keep
            for link in seen.links if seen.follow else ():
                self._enqueue(link, depth + 1)
        digest = _digest(answer.body) if keep else ""
        if keep:
            (self._folder / _digest(url.encode())).write_bytes(answer.body)
        self.pages[url] = Page(
            answer.headers.get("ETag", "")[:200],
            answer.headers.get("Last-Modified", "")[:60],
            digest,
            _name_of(url, answer.content_type),
            depth,
        )

    def _lost(self, url: str, status: int) -> None:
        if url == self._start:
            raise ConnectorError(
                f"{self._wire.host} has no page at this address for us (status {status}). Nothing was "
                "changed here. Check the address.",
                retryable=False,
            )
        self.gone.add(url)

    def _failed(self, url: str, why: str) -> None:
        """Leave the page as it was; too many in a row, or the beginning itself, end the crawl."""
        self._failures += 1
        self.unsure[url] = why
        if url == self._start or self._failures >= _MOST_FAILURES:
            raise ConnectorError(why, retryable=True)

    def _get(self, url: str, headers: Mapping[str, str], most: int) -> Answer:
        time.sleep(min(max(PAUSE_S, self._robots.delay), LONGEST_PAUSE_S))
        sent = {"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip, deflate", **headers}
        answer = self._wire.call("GET", url, headers=sent, most=min(most, max(self._left, 1)))
        self._left -= len(answer.body)
        return answer


def _conditions(known: Page | None) -> dict[str, str]:
    if known is None:
        return {}
    found = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in found.items() if value}


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _name_of(url: str, content_type: str) -> str:
    """A file's name for the page, with the ending of its type: what reads it trusts neither."""
    parts = urlsplit(url)
    name = PurePosixPath(unquote(parts.path)).name or parts.hostname or "page"
    ending = ".html" if content_type in {"text/html", "application/xhtml+xml"} else ""
    ending = ending or mimetypes.guess_extension(content_type) or ""
    stem = name.removesuffix(PurePosixPath(name).suffix) if ending == ".html" else name
    return stem + ending if ending and not name.lower().endswith(ending) else name
