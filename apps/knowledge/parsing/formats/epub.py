"""EPUB books: chapters in reading order, headings from the text or the table of contents."""

from dataclasses import replace
from posixpath import dirname, normpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from apps.knowledge.parsing import encoding, registry
from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, Section
from apps.knowledge.parsing.xmltree import parse_xml

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TEXTS = {"application/xhtml+xml", "text/html", "text/x-oeb1-document"}
_NCX, _NAVIGATION = "application/x-dtbncx+xml", "nav"
_MAX_TITLE = 200


def preload() -> None:
    """Chapters are web pages."""
    registry.load("html")
    encoding.preload()


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading; a chapter without one stands under its title in the table of contents.

    Raises ParseError: bomb, corrupt, encrypted (a book locked to a reader's device).
    """
    book = _Book(Archive(data, limits))
    sections: list[Section] = []
    for name in book.chapters():
        chapter = book.read(name)
        if chapter.strip():
            sections += _chapter(registry.read_as("html", chapter, limits), book.titles.get(name, ""))
    return Parsed(book.about("title"), book.about("language").split("-")[0].lower() or None, tuple(sections))


def _chapter(parsed: Parsed, title: str) -> list[Section]:
    """The title of the contents stands above what has no heading of its own."""
    return [
        section if section.heading or not title else replace(section, heading=(title,))
        for section in parsed.sections
    ]


class _Book:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        container = self._xml(_CONTAINER)
        root = next((node for node in container.iter() if _local(node) == "rootfile"), None)
        self._opf = "" if root is None else unquote(root.get("full-path", ""))
        self._package = self._xml(self._opf)
        self._items = {node.get("id", ""): node for node in self._package.iter() if _local(node) == "item"}
        self._locked = self._encrypted()
        self.titles = self._contents()

    def about(self, name: str) -> str:
        """A Dublin Core element of the book's metadata; "" where it has none."""
        return next(((node.text or "").strip() for node in self._package.iter() if _local(node) == name), "")

    def chapters(self) -> list[str]:
        """The names of the spine's texts that the book really holds; without a spine, of all its texts."""
        references = [node.get("idref", "") for node in self._package.iter() if _local(node) == "itemref"]
        items = [self._items[name] for name in references or self._items if name in self._items]
        names = [self._resolved(self._opf, item) for item in items if item.get("media-type") in _TEXTS]
        return [name for name in dict.fromkeys(names) if name in self._archive.names]

    def read(self, name: str) -> bytes:
        if name in self._locked:
            raise ParseError(ParseErrorKind.ENCRYPTED)
        return self._archive.read(name)

    def _xml(self, name: str) -> Element:
        if name not in self._archive.names:
            raise ParseError(ParseErrorKind.CORRUPT)
        return parse_xml(self._archive.read(name), doctype=True)

    def _encrypted(self) -> set[str]:
        if _ENCRYPTION not in self._archive.names:
            return set()
        nodes = self._xml(_ENCRYPTION).iter()
        return {unquote(node.get("URI", "")) for node in nodes if _local(node) == "CipherReference"}

    def _contents(self) -> dict[str, str]:
        """Title by chapter, of the first entry that points into it; a broken table of contents is none."""
        titles: dict[str, str] = {}
        for item in self._items.values():
            is_ncx = item.get("media-type") == _NCX
            if not is_ncx and _NAVIGATION not in item.get("properties", "").split():
                continue
            name = self._resolved(self._opf, item)
            try:
                root = self._xml(name)
            except ParseError:
                continue
            for target, title in _points(root) if is_ncx else _links(root):
                place = normpath(f"{dirname(name)}/{unquote(target.partition('#')[0])}").lstrip("/")
                titles.setdefault(place, " ".join(title.split())[:_MAX_TITLE])
        return titles

    def _resolved(self, base: str, item: Element) -> str:
        return normpath(f"{dirname(base)}/{unquote(item.get('href', ''))}").lstrip("/")


def _points(root: Element) -> list[tuple[str, str]]:
    found = []
    for point in (node for node in root.iter() if _local(node) == "navPoint"):
        texts = [node.text or "" for node in point.iter() if _local(node) == "text"]
        targets = [node.get("src", "") for node in point.iter() if _local(node) == "content"]
        if texts and targets:
            found.append((targets[0], texts[0]))
    return found


def _links(root: Element) -> list[tuple[str, str]]:
    links = (node for node in root.iter() if _local(node) == "a")
    return [(node.get("href", ""), "".join(node.itertext())) for node in links]


def _local(node: Element) -> str:
    return node.tag.rpartition("}")[2]
