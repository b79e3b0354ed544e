"""How providers export usage and costs: which columns say what, and how a file's form is recognised.

Sources: OpenAI's and Anthropic's consoles (Usage and Cost, Export); Azure's cost and usage details (EA, MCA
and pay-as-you-go: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema); AWS CUR 2.0 and
the legacy report (https://docs.aws.amazon.com/cur); Google Cloud's cost table and billing export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns say what, each by the names that it may have; several of tokens are added up.

    A name that ends in `*` stands for all that begin so. Where a file has a row for each kind of token, the
    `model` column names the kind too, `quantity` is how many, in `unit`; rows without one of the words `only`
    are of other services.
    """

    day: tuple[str, ...]
    model: tuple[str, ...]
    tokens_input: tuple[str, ...] = ()
    tokens_output: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


AUTO: Final = "auto"
GENERIC: Final = "generic"
FORMS: Final[dict[str, tuple[str, Columns]]] = {
    AUTO: ("Recognise it", Columns((), ())),
    "openai": (
        "OpenAI",
        Columns(
            day=("start_time_iso", "start_time", "date", "usage_date"),
            model=("model", "line_item", "snapshot_id"),
            tokens_input=("input_tokens", "n_context_tokens_total"),
            tokens_output=("output_tokens", "n_generated_tokens_total"),
            amount=("amount_value", "cost_usd", "amount"),
            currency=("amount_currency", "currency"),
        ),
    ),
    "anthropic": (
        "Anthropic",
        Columns(
            day=("usage_date_utc", "date"),
            model=("model_version", "model"),
            tokens_input=(
                "usage_input_tokens_no_cache", "usage_input_tokens_cache_write",
                "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h",
                "usage_input_tokens_cache_read",
            ),
            tokens_output=("usage_output_tokens",),
            amount=("cost_usd", "amount_usd"),
        ),
    ),
    "azure": (
        "Azure",
        Columns(
            day=("date", "usagedatetime"),
            model=("metername",),
            amount=("costinbillingcurrency", "pretaxcost", "cost"),
            currency=("billingcurrencycode", "billingcurrency", "currency"),
            quantity=("quantity", "usagequantity"),
            unit=("unitofmeasure",),
            only=("token", "image"),
        ),
    ),
    "aws": (
        "AWS",
        Columns(
            day=("line_item_usage_start_date", "lineitem/usagestartdate"),
            model=("line_item_usage_type", "lineitem/usagetype"),
            amount=("line_item_unblended_cost", "lineitem/unblendedcost"),
            currency=("line_item_currency_code", "lineitem/currencycode"),
            quantity=("line_item_usage_amount", "lineitem/usageamount"),
            unit=("pricing_unit", "pricing/unit"),
            only=("token", "image", "rerank"),
        ),
    ),
    "google": (
        "Google Cloud",
        Columns(
            day=("usage start date", "usage_start_time", "usage start time"),
            model=("sku description", "sku.description", "sku_description"),
            amount=("cost", "cost (*", "subtotal (*", "unrounded subtotal (*"),
            currency=("currency",),
            quantity=("usage amount", "usage.amount", "usage_amount"),
            unit=("usage unit", "usage.unit", "usage_unit"),
            only=("token", "gemini", "imagen", "embedding"),
        ),
    ),
    GENERIC: ("Other, by its columns", Columns(day=(), model=())),
}  # fmt: skip
_TELLING: Final = {
    "anthropic": ("usage_date_utc",),
    "azure": ("metername",),
    "aws": ("line_item_usage_type", "lineitem/usagetype"),
    "google": ("sku description", "sku.description", "sku_description"),
    "openai": ("start_time_iso", "start_time", "n_context_tokens_total"),
}
"""A column that no other provider's file has."""


def recognised(names: Iterable[str]) -> str:
    """The form of a file with these columns; empty where it is none that is known."""
    known = {name.strip().casefold() for name in names}
    return next((form for form, telling in _TELLING.items() if known & set(telling)), "")


def present(columns: Columns, names: Iterable[str]) -> tuple[Columns, list[str]]:
    """The columns that the file has, in its own spelling, and what it has none for."""
    known = {name.strip().casefold(): name for name in reversed(list(names)) if name.strip()}

    def those(wanted: tuple[str, ...]) -> tuple[str, ...]:
        found = [name for want in wanted for name in _spelled(want, known)]
        return tuple(dict.fromkeys(found))

    found = Columns(
        those(columns.day)[:1], those(columns.model)[:1], those(columns.tokens_input),
        those(columns.tokens_output), those(columns.amount)[:1], those(columns.currency)[:1],
        those(columns.quantity)[:1], those(columns.unit)[:1], columns.only,
    )  # fmt: skip
    missing = [what for what, there in (("day", found.day), ("model", found.model)) if not there]
    if not (found.tokens_input or found.tokens_output or found.amount or found.quantity):
        missing.append("tokens or amount")
    return found, missing


def _spelled(want: str, known: dict[str, str]) -> list[str]:
    want = want.strip().casefold()
    if want.endswith("*"):
        return [name for key, name in known.items() if key.startswith(want[:-1])]
    return [known[want]] if want in known else []
