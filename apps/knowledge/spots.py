"""Where in a document a chunk stands, in a person's words."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Spot:
    """A page or slide, or rows of a sheet (both ends included), counted from 1; None where unknown."""

    page: int | None = None
    is_slide: bool = False
    sheet: str = ""
    first_row: int | None = None
    last_row: int | None = None

    @property
    def label(self) -> str:
        """As a citation names it: "page 3", "slide 3", "sheet Sales, rows 12-40", "row 7"; "" for none."""
        parts = [f"{'slide' if self.is_slide else 'page'} {self.page}"] if self.page else []
        if self.sheet:
            parts.append(f"sheet {self.sheet}")
        if self.first_row is not None:
            last = self.last_row or self.first_row
            rows = f"row {self.first_row}" if last == self.first_row else f"rows {self.first_row}\u2013{last}"
            parts.append(rows)
        return ", ".join(parts)

    def until(self, other: Spot) -> Spot:
        """From here to the end of another place on the same page or sheet."""
        return replace(self, last_row=other.last_row)
