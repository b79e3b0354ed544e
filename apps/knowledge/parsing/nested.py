"""Documents inside a document: attachments, chapters, members of an archive."""

from dataclasses import replace

from apps.knowledge.parsing.errors import TOO_DEEP, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, Section


class Nest:
    """Reads inner documents within the outer one's limits and keeps what each gave, in order.

    An inner document that cannot be read leaves a line that says so; it does not fail the outer one.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.sections: list[Section] = []
        self.failed: list[ParseError] = []
        self.read = 0

    def add(self, name: str, data: bytes) -> None:
        """The sections of an inner document, under a heading of its name."""
        from apps.knowledge.parsing import registry

        if self._limits.nesting <= 0:
            self._fail(name, ParseError(ParseErrorKind.BOMB, TOO_DEEP))
            return
        inner = replace(self._limits, nesting=self._limits.nesting - 1)
        try:
            parsed = registry.read(data, name, inner)
        except ParseError as error:
            self._fail(name, error)
            return
        self.read += 1
        if parsed.loss:
            self.sections.append(Section(f"{name}: {parsed.loss}", heading=(name,)))
        self.put(name, parsed)

    def put(self, name: str, parsed: Parsed) -> None:
        """Take sections in under a heading."""
        self.sections += [replace(section, heading=(name, *section.heading)) for section in parsed.sections]

    def _fail(self, name: str, error: ParseError) -> None:
        self.failed.append(error)
        self.sections.append(Section(f"{name}: {error.message}", heading=(name,)))
