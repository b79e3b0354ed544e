"""Office Open XML packages: parts and the relations between them (ECMA-376 part 2)."""

from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.xmltree import parse_xml

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_MAIN = "/officeDocument"
_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = tuple(
    (_STRICT + strict, b"http://schemas.openxmlformats.org/" + usual)
    for strict, usual in (
        (b"wordprocessingml/main", b"wordprocessingml/2006/main"),
        (b"spreadsheetml/main", b"spreadsheetml/2006/main"),
        (b"presentationml/main", b"presentationml/2006/main"),
        (b"drawingml/main", b"drawingml/2006/main"),
        (b"drawingml/wordprocessingDrawing", b"drawingml/2006/wordprocessingDrawing"),
        (b"officeDocument/relationships", b"officeDocument/2006/relationships"),
    )
)


class Package:
    """A docx, pptx or xlsx. Raises ParseError as Archive does, and corrupt where a part is no XML."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._archive = Archive(data, limits)
        self.names = self._archive.names

    def main(self, usual: str) -> str:
        """The name of the main part: `usual`, or what the package's relations say."""
        if usual in self.names:
            return usual
        for kind, target in self._relations("", "_rels/.rels"):
            if kind.endswith(_MAIN):
                return target
        raise ParseError(ParseErrorKind.CORRUPT)

    def part(self, name: str) -> Element | None:
        """The root of an XML part; None when the package has none of that name."""
        return parse_xml(self.source(name)) if name in self.names else None

    def source(self, name: str) -> bytes:
        """A part's bytes, the strict namespaces written as the usual ones."""
        data = self._archive.read(name)
        if _STRICT in data:
            for strict, usual in _TRANSITIONAL:
                data = data.replace(strict, usual)
        return data

    def targets(self, name: str) -> dict[str, str]:
        """Part names by relation id of a part; targets outside the package are left out."""
        return {key: target for key, (_, target) in self._related(name).items()}

    def related(self, name: str, kind: str) -> list[str]:
        """The parts that a part relates to by a kind, such as `notesSlide`."""
        return [target for found, target in self._related(name).values() if found.endswith(f"/{kind}")]

    def title_and_language(self) -> tuple[str, str | None]:
        """What the core properties say; "" and None where they do not."""
        properties = self.part("docProps/core.xml")
        if properties is None:
            return "", None
        dublin = "{http://purl.org/dc/elements/1.1/}"
        language = (properties.findtext(f"{dublin}language") or "").split("-")[0].lower()
        return (properties.findtext(f"{dublin}title") or "").strip(), language or None

    def _related(self, name: str) -> dict[str, tuple[str, str]]:
        path = PurePosixPath(name)
        root = self.part(f"{path.parent}/_rels/{path.name}.rels".removeprefix("./"))
        return (
            {}
            if root is None
            else {
                node.get("Id", ""): (
                    node.get("Type", ""),
                    _resolved(str(path.parent), node.get("Target", "")),
                )
                for node in root
                if node.get("TargetMode") != "External"
            }
        )

    def _relations(self, folder: str, name: str) -> list[tuple[str, str]]:
        root = self.part(name)
        return (
            []
            if root is None
            else [(node.get("Type", ""), _resolved(folder, node.get("Target", ""))) for node in root]
        )


def _resolved(folder: str, target: str) -> str:
    if target.startswith("/"):
        return unquote(target).lstrip("/")
    return normpath(f"{folder}/{unquote(target)}").lstrip("/")
