"""XML without document types, entities or network, of bounded depth."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind

MAX_DEPTH = 400


def parse_xml(data: bytes) -> Element:
    """The root element, names as `{namespace}local`.

    Raises ParseError: corrupt for malformed XML, bomb for a document type (the way to every entity attack) or
    nesting deeper than MAX_DEPTH.
    """
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError(ParseErrorKind.BOMB)
        builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(name))

    def refuse(*_: object) -> None:
        raise ParseError(ParseErrorKind.BOMB)

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 (the standard library's signature)
    except expat.ExpatError as error:
        raise ParseError(ParseErrorKind.CORRUPT) from error
    return builder.close()


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name
