"""Markdown: headings and tables by structure, everything else as it was written."""

import re

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, Section, clean

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_DELIMITER = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_NO_PARAGRAPH = re.compile(r" {0,3}(?:[>|]|[-*+][ \t]|\d{1,9}[.)][ \t])|(?: {4}|\t)")
_TITLE = re.compile(r"title:[ \t]*[\"']?(.*?)[\"']?[ \t]*$")
_EMPHASIS = re.compile(r"[*_`]+|\[([^\]]*)\]\([^)]*\)")


def parse(data: bytes, _limits: Limits) -> Parsed:
    """Sections by heading; a `#` inside a code fence is no heading; front matter gives the title only."""
    lines = clean(decode_text(data)).split("\n")
    title, start = _front_matter(lines)
    reader = _Reader(title)
    at = start
    while at < len(lines):
        at = reader.take(lines, at)
    return Parsed(title=reader.title, language=None, sections=reader.finish())


class _Reader:
    def __init__(self, title: str) -> None:
        self.title = title
        self._builder = SectionBuilder()
        self._lines: list[str] = []

    def take(self, lines: list[str], at: int) -> int:
        """Consume the block that begins at a line; the index of the next one."""
        line = lines[at]
        after = lines[at + 1] if at + 1 < len(lines) else ""
        fence = _FENCE.match(line)
        if fence and not (fence[1][0] == "`" and "`" in fence[2]):
            return self._fenced(lines, at, fence[1])
        heading = _ATX.match(line)
        if heading:
            self._heading(len(heading[1]), heading[2] or "")
            return at + 1
        if _is_table(line, after):
            return self._table(lines, at)
        setext = _SETEXT.match(after)
        paragraph = bool(line.strip()) and not _NO_PARAGRAPH.match(line)
        if setext and paragraph and (not self._lines or not self._lines[-1].strip()):
            self._heading(1 if setext[1][0] == "=" else 2, line)
            return at + 2
        self._lines.append(line)
        return at + 1

    def finish(self) -> tuple[Section, ...]:
        self._flush()
        return self._builder.finish()

    def _flush(self) -> None:
        self._builder.text("\n".join(self._lines))
        self._lines = []

    def _heading(self, level: int, text: str) -> None:
        self._flush()
        plain = _EMPHASIS.sub(lambda found: found[1] or "", text).strip()
        self._builder.heading(level, plain)
        if level == 1 and not self.title:
            self.title = plain

    def _fenced(self, lines: list[str], at: int, fence: str) -> int:
        closing = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
        end = at + 1
        while end < len(lines) and not closing.match(lines[end]):
            end += 1
        self._lines += lines[at : end + 1]
        return end + 1

    def _table(self, lines: list[str], at: int) -> int:
        end = at + 2
        while end < len(lines) and "|" in lines[end] and lines[end].strip():
            end += 1
        self._flush()
        self._builder.table("\n".join(line.strip() for line in lines[at:end]))
        return end


def _is_table(line: str, after: str) -> bool:
    return "|" in line and "|" in after and _DELIMITER.match(after) is not None


def _front_matter(lines: list[str]) -> tuple[str, int]:
    if not lines or lines[0].rstrip() != "---":
        return "", 0
    for at in range(1, min(len(lines), 200)):
        if lines[at].rstrip() in {"---", "..."}:
            titles = [found[1] for line in lines[1:at] if (found := _TITLE.match(line))]
            return (titles[0] if titles else ""), at + 1
    return "", 0
