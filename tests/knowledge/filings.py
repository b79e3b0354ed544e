"""Annual reports as companies file them: the same words each year, figures of three years side by side."""

from __future__ import annotations

from dataclasses import dataclass

YEARS = (2020, 2021, 2022, 2023)
SEGMENTS = ("Pumps and Valves", "Measuring Instruments", "Service and Spare Parts")
_RISKS = (
    "Our results depend on the demand of the chemical and water industries, which is cyclical",
    "We buy castings and semiconductors from few suppliers and may not be able to replace them in time",
    "Changes in exchange rates may reduce what we earn outside the United States",
    "A breach of our information systems could interrupt production and harm our reputation",
    "We may not be able to integrate acquired businesses or to realize the synergies that we expect",
    "Litigation about asbestos in products that were made before 1985 could lead to further charges",
    "Our pension plans are underfunded and may require contributions above our estimates",
    "The loss of key engineers could delay the development of new instruments",
)
_REGIONS = ("the Americas", "Europe", "Asia and the Pacific")
_EVENTS = {
    2020: "the temporary closure of the foundry in Monterrey for eleven weeks",
    2021: "the acquisition of Halden Flow Systems of Norway for $212 million",
    2022: "a fire in the warehouse in Rotterdam that destroyed inventories of $17 million",
    2023: "the sale of the asbestos subsidiaries to a trust and a gain of $41 million",
}


@dataclass(frozen=True)
class Figures:
    """Of one fiscal year, in millions of dollars; the rate in percent."""

    sales: int
    research: int
    rate: str
    employees: int
    segments: tuple[int, int, int]


def figures(year: int) -> Figures:
    """What the company reports of the year."""
    at = year - 2018
    sales = 3_951 + 183 * at + (at * at * 7) % 60
    first, second = round(sales * 0.52), round(sales * 0.27)
    return Figures(
        sales,
        148 + 9 * at,
        f"{20 + at * 7 % 5}.{at * 3 % 10}",
        11_240 + 415 * at,
        (first, second, sales - first - second),
    )


def filing(year: int) -> str:
    """The report of the year, in Markdown."""
    now, before = figures(year), figures(year - 1)
    change = round(100 * (now.sales / before.sales - 1), 1)
    same = f"In fiscal {year} this did not change in any way that we consider material."
    risks = "\n\n".join(
        f"### {risk} in {region}\n\n{risk}. {_RISK} {same}" for region in _REGIONS for risk in _RISKS
    )
    return f"""# Calder Industries, Inc. Annual Report on Form 10-K, fiscal {year}

For the fiscal year ended December 31, {year}. Commission file number 001-3{year % 100}47.

## Item 1. Business

Calder Industries makes pumps, valves and measuring instruments for the process industries. {_BUSINESS}

### Employees

On December 31, {year} we had {now.employees:,} employees, of whom about 38% work in the United States.

## Item 1A. Risk factors

{risks}

## Item 7. Management's discussion and analysis

### Results of operations

Net sales increased by {change}% to ${now.sales:,} million in fiscal {year}, compared with
${before.sales:,} million in fiscal {year - 1}. The most important event of the year was {_EVENTS[year]}.

### Research and development

Research and development expenses were ${now.research} million in fiscal {year} and
${before.research} million in fiscal {year - 1}. {_RESEARCH}

### Income taxes

The effective tax rate was {now.rate}% in fiscal {year} and {before.rate}% in fiscal {year - 1}. {_TAXES}

### Liquidity and capital resources

{_LIQUIDITY}

## Item 8. Financial statements

### Net sales by segment

{_table(year)}

### Notes

{_NOTES}
"""


def _table(year: int) -> str:
    head = "| In millions | " + " | ".join(f"Fiscal {each}" for each in (year, year - 1, year - 2)) + " |"
    rows = [
        f"| {name} | "
        + " | ".join(f"${figures(each).segments[at]:,}" for each in (year, year - 1, year - 2))
        + " |"
        for at, name in enumerate(SEGMENTS)
    ]
    return "\n".join([head, "|---|---|---|---|", *rows])


_RISK = (
    "If such conditions arise, our business, our financial condition, our results of operations and "
    "our cash flows could be materially and adversely affected, and the price of our common stock "
    "could decline."
)
_BUSINESS = (
    "We sell through our own offices and through distributors in more than ninety countries. Our "
    "products move, control and measure liquids in refineries, water works, breweries and power "
    "stations. Competition is strong in all segments, and we compete by quality, delivery, price and "
    "service."
)
_RESEARCH = (
    "The expenses rose mainly with the development of the next generation of magnetic flow meters and"
    " of pumps with variable speed. We expect them to stay near the same share of net sales."
)
_TAXES = (
    "The rate differs from the statutory rate mainly because of income earned in other countries, of "
    "credits for research and of changes in the valuation of deferred tax assets."
)
_LIQUIDITY = (
    "Cash generated by operations is our main source of liquidity. We believe that cash on hand, cash"
    " from operations and our revolving credit facility suffice for at least twelve months. The "
    "facility contains covenants on leverage and on interest coverage, and we complied with all of "
    "them at the end of the year."
)
_NOTES = (
    "The consolidated financial statements include the accounts of the company and of its "
    "subsidiaries. Revenue is recognized when control of the goods passes to the customer, mostly on "
    "shipment. Inventories are stated at the lower of cost and net realizable value. Property is "
    "depreciated over its useful life by the straight-line method."
)
