"""JSON, also one value a line: lists of records as tables, everything else as `name: value` lines."""

import json
from collections.abc import Iterator
from typing import Any

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, clean
from apps.knowledge.parsing.tables import markdown_table

_MAX_DEPTH = 200
_MAX_COLUMNS = 30
_MIN_RECORDS = 2
_MAX_CELL = 300


def parse(data: bytes, _limits: Limits) -> Parsed:
    """Sections by the names of the outermost object; what is no JSON after all is read as plain text.

    Raises ParseError(bomb) for a value nested past any honest use.
    """
    text = decode_text(data)
    builder = SectionBuilder()
    try:
        value = _value(text)
    except RecursionError as error:
        raise ParseError(ParseErrorKind.BOMB) from error
    except ValueError:
        builder.text(clean(text))
        return Parsed("", None, builder.finish())
    if isinstance(value, dict):
        for name, inner in value.items():
            _member(builder, str(name), inner)
    else:
        _member(builder, "", value)
    title = value.get("title") if isinstance(value, dict) else ""
    return Parsed(title if isinstance(title, str) else "", None, builder.finish())


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < _MIN_RECORDS:
            raise
        return [json.loads(line, parse_int=str, parse_float=str) for line in lines]


def _member(builder: SectionBuilder, name: str, value: Any) -> None:
    builder.leave_headings()
    if not isinstance(value, dict | list):
        builder.text(f"{name}: {_scalar(value)}" if name else _scalar(value))
        return
    if name:
        builder.heading(1, name)
    if _is_records(value):
        columns = list(dict.fromkeys(str(key) for record in value for key in record))
        rows = [[_scalar(record.get(column, "")) for column in columns] for record in value]
        builder.table(markdown_table([columns, *rows]))
    else:
        builder.text("\n".join(_lines(value, 0)))


def _is_records(value: Any) -> bool:
    """A list of flat objects that share their names and fit into a table's cells."""
    if not isinstance(value, list) or len(value) < _MIN_RECORDS:
        return False
    if not all(isinstance(record, dict) and record for record in value):
        return False
    names = {name for record in value for name in record}
    return len(names) <= _MAX_COLUMNS and all(
        not isinstance(cell, dict | list) and len(str(cell)) <= _MAX_CELL
        for record in value
        for cell in record.values()
    )


def _lines(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ParseError(ParseErrorKind.BOMB)
    indent = "  " * min(depth, 8)
    members = value.items() if isinstance(value, dict) else (("-", inner) for inner in value)
    for name, inner in members:
        label = f"{indent}{name}" if name == "-" else f"{indent}{name}:"
        if isinstance(inner, dict | list):
            yield label
            yield from _lines(inner, depth + 1)
        else:
            yield f"{label} {_scalar(inner)}"


def _scalar(value: Any) -> str:
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value)) if _is_word(value) else str(value)
    )


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
