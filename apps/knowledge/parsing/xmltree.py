"""XML without document types, entities or network, of bounded depth."""

from collections.abc import Callable
from dataclasses import dataclass
from html.entities import html5
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from apps.knowledge.parsing.errors import OWN_ENTITIES, ParseError, ParseErrorKind

MAX_DEPTH = 400


def parse_xml(data: bytes, *, doctype: bool = False) -> Element:
    """The root element, names as `{namespace}local`.

    Raises ParseError: corrupt for malformed XML, bomb for nesting deeper than MAX_DEPTH and for a document
    type (the way to every entity attack); with `doctype` only for one that declares entities.
    """
    builder = TreeBuilder()
    stream_xml(data, Handlers(builder.start, builder.end, builder.data), doctype=doctype)
    return builder.close()


@dataclass(frozen=True, slots=True)
class Handlers:
    """What to call for a start (name, attributes), an end (name) and text, names as `{namespace}local`."""

    start: Callable[[str, dict[str, str]], object]
    end: Callable[[str], object]
    text: Callable[[str], object]


def stream_xml(data: bytes, handlers: Handlers, *, doctype: bool = False) -> None:
    """Read XML without keeping a tree; raises as `parse_xml`.

    Names that only a document type elsewhere explains (`&eacute;`) are read as in HTML; no other is known.
    """
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError(ParseErrorKind.BOMB)
        handlers.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handlers.end(_qualified(name))

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handlers.text
    _restrict(parser, handlers, doctype=doctype)
    try:
        parser.Parse(data, True)  # noqa: FBT003 (the standard library's signature)
    except expat.ExpatError as error:
        raise ParseError(ParseErrorKind.CORRUPT) from error


def _restrict(parser: expat.XMLParserType, handlers: Handlers, *, doctype: bool) -> None:
    def refuse(*_: object) -> None:
        raise ParseError(ParseErrorKind.BOMB)

    def refuse_entity(*_: object) -> None:
        raise ParseError(ParseErrorKind.BOMB, OWN_ENTITIES)

    def named(name: str, is_parameter: bool) -> None:  # noqa: FBT001 (expat's signature)
        if not is_parameter:
            handlers.text(html5.get(f"{name};", ""))

    parser.EntityDeclHandler = refuse_entity
    parser.SkippedEntityHandler = named
    if not doctype:
        parser.StartDoctypeDeclHandler = refuse


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name
