"""Charts and drawn text of Office documents (DrawingML, ECMA-376 part 1, 21.1 and 21.2)."""

from xml.etree.ElementTree import Element

from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.tables import markdown_table

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def read_chart(root: Element | None, builder: SectionBuilder) -> None:
    """Hand on a chart's titles, then the values that it was last drawn with, as a table."""
    if root is not None:
        builder.text(chart_titles(root))
        builder.table(markdown_table(_series(root)))


def chart_titles(root: Element) -> str:
    """The titles of a chart and its axes, one a line."""
    titles = (drawn_text(node) for node in root.iter(f"{_CHART}title"))
    return "\n".join(text for text in titles if text)


def drawn_text(node: Element) -> str:
    """The paragraphs below a node, one a line."""
    lines = (_paragraph(paragraph) for paragraph in node.iter(f"{A}p"))
    return "\n".join(line for line in lines if line.strip())


def _paragraph(paragraph: Element) -> str:
    parts: list[str] = []
    for node in paragraph.iter():
        if node.tag == f"{A}t":
            parts.append(node.text or "")
        elif node.tag == f"{A}br":
            parts.append("\n")
        elif node.tag == f"{A}tab":
            parts.append("\t")
    return "".join(parts)


def _series(chart: Element) -> list[list[str]]:
    """Categories downwards, series to the right."""
    names: list[str] = [""]
    values: dict[str, list[str]] = {}
    for series in chart.iter(f"{_CHART}ser"):
        names.append(" ".join(_cached(series.find(f"{_CHART}tx")).values()))
        categories = _cached(series.find(f"{_CHART}cat")) or _cached(series.find(f"{_CHART}xVal"))
        numbers = _cached(series.find(f"{_CHART}val")) or _cached(series.find(f"{_CHART}yVal"))
        for position, number in numbers.items():
            category = categories.get(position, str(position + 1))
            row = values.setdefault(category, [])
            row += [""] * (len(names) - 2 - len(row)) + [number]
    return [names, *([category, *row] for category, row in values.items())] if values else []


def _cached(node: Element | None) -> dict[int, str]:
    """Value by position; those that were never filled in are left out."""
    points = () if node is None else node.iter(f"{_CHART}pt")
    found = {point.get("idx", ""): point.findtext(f"{_CHART}v") or "" for point in points}
    return {int(position): value for position, value in found.items() if position.isdigit()}
