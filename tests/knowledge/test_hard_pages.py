"""Web pages as they are really written: filings without a heading, lists that count, parts that nobody sees."""

# ruff: noqa: E501 (markup is read more easily in whole lines)

import pytest

from apps.knowledge.chunking import chunk
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.registry import parse


def read(page: str) -> Parsed:
    return parse(page.encode(), "a.html", DEFAULT_LIMITS)


def bold(text: str, extra: str = "") -> str:
    return f'<div><span style="font-weight:700;{extra}">{text}</span></div>'


def row(label: str, *figures: tuple[str, str, str]) -> str:
    """As filing programs write it: a cell of its own for the sign, the figure and the bracket, and one between."""
    cells = "".join(f"<td>{a}</td><td>{b}</td><td>{c}</td><td colspan=3></td>" for a, b, c in figures)
    return f"<tr><td colspan=3>{label}</td>{cells}</tr>"


STATEMENT = (
    "<table><tr><td colspan=3></td><td colspan=9>Year Ended December 31,</td></tr>"
    "<tr><td colspan=3>(in millions)</td><td colspan=3>2024</td><td colspan=3></td><td colspan=3>2023</td></tr>"
    + row("Net sales", ("$", "8,580", ""), ("$", "5,594", ""))
    + row("Operating expenses:")
    + "".join(
        row(f"Cost of the product line number {at}", ("", f"({at}", ")"), ("", "7", "%")) for at in range(30)
    )
    + "</table>"
)


def test_filing_without_headings_gets_the_path_of_its_parts_and_items() -> None:
    prose = "<p>Our results depend on the demand of the chemical industry.</p>" * 3
    page = (
        '<div style="display:none"><ix:header><ix:hidden>dei:false</ix:hidden></ix:header></div>'
        f"{bold('PART II')}{bold('Item 7.')}{bold('Discussion and Analysis')}{bold('Overview')}{prose}"
        f"{bold('Foreign exchange', 'font-style:italic')}{prose}{bold('Liquidity')}{prose}"
        f"{bold('Item 7. (continued)')}{prose}"
        f"<table><tr><td>Item 8.</td><td>Financial Statements</td></tr></table>{prose}{STATEMENT}"
        f"<p>{'<b>Caution:</b> words in bold inside a text are none.'}</p>"
    )
    parsed = read(page)
    item = ("PART II", "Item 7. Discussion and Analysis")
    assert list(dict.fromkeys(section.heading for section in parsed.sections)) == [
        ("PART II",),
        item,
        (*item, "Overview"),
        (*item, "Overview", "Foreign exchange"),
        (*item, "Liquidity"),
        ("PART II", "Item 8. Financial Statements"),
    ]
    assert "dei:false" not in parsed.text


def test_statement_of_a_filing_has_a_column_for_each_year_in_each_chunk() -> None:
    pieces = [piece for piece in chunk(read(STATEMENT)) if piece.kind == "table"]
    head = (
        "| (in millions) | Year Ended December 31, 2024 | Year Ended December 31, 2023 |\n| --- | --- | --- |"
    )
    assert len(pieces) > 1
    assert all(piece.text.startswith(head) for piece in pieces)
    assert "| Net sales | $8,580 | $5,594 |" in pieces[0].text
    assert "| Cost of the product line number 29 | (29) | 7% |" in pieces[-1].text


def test_pages_with_headings_and_mails_with_a_bold_line_keep_what_they_have() -> None:
    marked = (
        f"<h1>One</h1><p>a</p><h2>Two</h2>{bold('Bold')}<p>b</p>{bold('Also')}<p>c</p>{bold('Third')}<p>d</p>"
    )
    assert {section.heading for section in read(marked).sections} == {("One",), ("One", "Two")}
    assert {
        section.heading for section in read(f"<p>Dear all</p>{bold('Closed on Monday')}<p>Ann</p>").sections
    } == {()}


def test_lines_of_a_header_are_one() -> None:
    head = "<thead><tr><th rowspan=2>Region<th colspan=2>2023<th colspan=2>2024<tr><th>H1<th>H2<th>H1<th>H2</thead>"
    rows = "<tr><td>North<td>1<td>2<td>3<td>4<tr><td>South<td>5<td>6<td>7<td>8"
    assert read(f"<table>{head}{rows}</table>").text == (
        "| Region | 2023 H1 | 2023 H2 | 2024 H1 | 2024 H2 |\n| --- | --- | --- | --- | --- |\n"
        "| North | 1 | 2 | 3 | 4 |\n| South | 5 | 6 | 7 | 8 |"
    )
    words = "<table><tr><td colspan=2>Name<td>Role<tr><td>Ann<td>Smith<td>Head<tr><td>Bob<td>Jones<td>Clerk</table>"
    assert read(words).text.endswith("| Ann | Smith | Head |\n| Bob | Jones | Clerk |")


def test_lists_count_as_they_show() -> None:
    page = (
        "<ol start=3><li>third<ol type=a><li>one<li>two</ol><li>fourth<li value=9>ninth<li><p>tenth</p></ol>"
        "<ul><li>fruit<ul><li>apple</ul></ul><ol reversed type=I><li>two<li>one</ol>"
    )
    assert read(page).text.split("\n\n") == [
        *("3. third", "  a. one", "  b. two", "4. fourth", "9. ninth", "10. tenth"),
        *("- fruit", "  - apple", "II. two", "I. one"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>secret</p>",
        '<div style="color:red; display: none">secret</div>',
        '<span style="visibility:hidden">secret</span>',
        "<table><tr><th>a<th>b<tr style='display:none'><td>secret<td>x<tr><td>1<td>2</table>",
        "<ruby>漢<rp>(</rp><rt>secret</rt><rp>)</rp></ruby>",
    ],
)
def test_what_a_page_hides_is_not_read(hidden: str) -> None:
    text = read(f"<html><p>Shown</p>{hidden}<p>Also</p>").text
    assert "secret" not in text
    assert "Shown" in text
    assert "Also" in text
