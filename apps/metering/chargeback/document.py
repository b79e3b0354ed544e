"""A statement as a PDF, from its frozen rows alone: the same rows give the same pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from apps.metering.chargeback.letters import LACKING, ROBOTO, add, printed
from apps.metering.money import money, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.metering.models import Statement, StatementLine

FONT: Final = ROBOTO.name
_ROUNDED: Final = "Each amount is rounded for reading, after the sums were made; the CSV has every place."
_WHERE: Final = "the page of the statement and its CSV have the names whole."
MOST_FOOT: Final = 90
_GREY: Final = (90, 90, 102)
_LINE: Final = (200, 200, 208)
_COLUMNS: Final = ("Model", "Calls", "Tokens in", "Tokens out", "Cost", "Mark-up", "Charge")
_WIDTHS: Final = (30, 11, 16, 15, 20, 11, 20)


class _Page(FPDF):
    """A4 with the page's number at its foot."""

    foot: str = ""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_text_color(*_GREY)
        self.set_font(printed(self.foot).face.name, size=8)
        self.cell(0, 8, printed(self.foot).text)
        self.set_x(self.l_margin)
        self.set_font(FONT, size=8)
        self.cell(0, 8, f"Page {self.page_no()} of {{nb}}", align="R")


def statement_pdf(statement: Statement, lines: Sequence[StatementLine]) -> bytes:
    """The statement on A4. Where no font has all letters of a name, a mark stands for them and says so."""
    page = _Page()
    names = [statement.organisation, statement.team_name, statement.cost_centre]
    texts = [printed(name) for name in (*names, *(line.name for line in lines))]
    for face in (ROBOTO, *(text.face for text in texts)):
        add(page, face)
    page.set_text_shaping(any(text.face.is_shaped for text in texts))
    page.set_creation_date(statement.created_at)
    page.set_title(f"Statement {statement.number}")
    page.set_lang("en")
    page.foot = _clipped(f"{statement.organisation} · statement {statement.number}")
    page.add_page()
    _head(page, statement)
    _table(page, statement, lines)
    page.set_text_color(*_GREY)
    page.ln(4)
    page.multi_cell(0, 5, _ROUNDED)
    if statement.unpriced:
        page.ln(4)
        page.multi_cell(0, 5, f"{statement.unpriced:,} calls have no known price and are in no amount.")
    if not all(text.is_whole for text in texts):
        page.ln(4)
        page.multi_cell(0, 5, f"{LACKING} stands for letters that cannot be printed here: {_WHERE}")
    return bytes(page.output())


def _head(page: FPDF, statement: Statement) -> None:
    page.set_text_color(*_GREY)
    _text(page, statement.organisation, 6)
    page.set_text_color(0)
    _text(page, statement.team_name or "Calls without a team", 10, is_heading=True)
    facts = [
        ("Statement", str(statement.number)),
        ("Month", f"{statement.month:%B %Y}"),
        ("Cost centre", statement.cost_centre or "none"),
        ("Made on", f"{statement.created_at:%Y-%m-%d %H:%M} UTC"),
        ("Active people", f"{statement.people:,}"),
    ]
    for name, value in facts:
        page.set_text_color(*_GREY)
        page.set_font(FONT, size=10)
        page.cell(32, 6, name)
        page.set_text_color(0)
        _text(page, value, 6)
    page.ln(4)


def _text(page: FPDF, text: str, height: float, *, is_heading: bool = False) -> None:
    """Long names go on in further lines; a heading is bold where its font has bold letters."""
    shown = printed(text)
    style: Literal["", "B"] = "B" if is_heading and shown.face.bold else ""
    page.set_font(shown.face.name, style=style, size=18 if is_heading else 10)
    page.multi_cell(0, height, shown.text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_FOOT else f"{text[: MOST_FOOT - 1]}…"


def _table(page: FPDF, statement: Statement, lines: Sequence[StatementLine]) -> None:
    page.set_font(FONT, size=9)
    page.set_draw_color(*_LINE)
    with page.table(
        col_widths=_WIDTHS,
        text_align=("LEFT", *["RIGHT"] * (len(_COLUMNS) - 1)),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=6,
    ) as table:
        table.row(_COLUMNS)
        for line in lines:
            row = table.row()
            name = printed(line.name)
            row.cell(name.text, style=FontFace(family=name.face.name))
            for cell in _cells(line, statement.currency):
                row.cell(cell)
        table.row(_total(statement), style=FontFace(emphasis="BOLD"))


def _cells(line: StatementLine, currency: str) -> list[str]:
    return [
        f"{line.calls:,}", f"{line.tokens_input:,}", f"{line.tokens_output:,}",
        money(line.amount, currency), f"{plain(line.percent)}%", money(line.charge, currency),
    ]  # fmt: skip


def _total(statement: Statement) -> list[str]:
    currency = statement.currency
    return [
        "Total", f"{statement.calls:,}", f"{statement.tokens_input:,}", f"{statement.tokens_output:,}",
        money(statement.amount, currency), "", money(statement.charge, currency),
    ]  # fmt: skip
