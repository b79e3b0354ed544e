"""Tables as text (csv, tsv and their kin), with whatever character parts the columns."""

import csv
import io
from collections import Counter

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, clean
from apps.knowledge.parsing.tables import sheet_tables

_UNIT = "\x1f"
_SEPARATORS = (",", ";", "\t", "|", _UNIT, "¦", "§", "^", "~", ":", "#", " ")
_SAMPLE_ROWS = 100
_SAMPLE_CHARACTERS = 64 * 1024
_NAMED = "sep="


def parse(data: bytes, limits: Limits) -> Parsed:
    """One table; `row` counts the file's records, a first line `sep=…` aside."""
    text = decode_text(data).replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    if first.lower().startswith(_NAMED) and len(first) == len(_NAMED) + 1:
        separator, text = first[-1], rest
    else:
        separator = separator_of(text)
    csv.field_size_limit(limits.input)
    rows = [[clean(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    builder = SectionBuilder()
    sheet_tables(builder, rows)
    return Parsed(title="", language=None, sections=builder.finish())


def separator_of(text: str) -> str:
    """The character that parts most rows into the same number of columns, at least two.

    Where none does, the text is one column, and what is given is a mark that no text has.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample.rpartition("\n")[0] or sample
    fits = {separator: _fit(sample, separator) for separator in _SEPARATORS}
    best = max(fits, key=fits.__getitem__)
    return best if fits[best][1] else _UNIT


def _fit(sample: str, separator: str) -> tuple[float, int]:
    """How even the rows come out, and how wide; a character that parts nothing fits worst."""
    rows = csv.reader(io.StringIO(sample), delimiter=separator)
    try:
        widths = Counter(len(row) for _, row in zip(range(_SAMPLE_ROWS), rows, strict=False) if row)
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width = max(widths, key=lambda width: (widths[width], width))
    share = widths[width] / widths.total()
    weak = 0.5 if separator in ":# " else 0.9 if separator in "~^" else 1.0
    return (round(share * weak, 2), width) if width > 1 else (0.0, 0)
