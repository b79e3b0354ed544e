"""The catalogue: every vendor has an entry, all data has a source and a date, the unknown is never 0."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from apps.llm.catalogue import ABILITIES, ENTRIES, Facts, facts_of
from apps.llm.catalogue.families import families
from apps.llm.catalogue.hosts import host_lists, price_at
from apps.llm.vendors.base import Modality
from apps.llm.vendors.registry import VENDORS
from apps.metering.prices import PICTURE, SEARCH, UNKNOWN, Tokens, charge_for

COHERE = "https://api.cohere.com/v2"
STABILITY = "https://api.stability.ai"
QWEN = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def _facts(vendor: str, model: str, base_url: str | None = None, **more: object) -> Facts:
    address = next((f.default for f in VENDORS[vendor].fields if f.name == "base_url"), "")
    return facts_of(vendor=vendor, base_url=address if base_url is None else base_url, model=model, **more)  # type: ignore[arg-type]  # the test's own words


@pytest.mark.parametrize("slug", sorted(VENDORS))
def test_every_vendor_has_an_entry_that_says_whence_its_prices_come_or_why_not(slug: str) -> None:
    assert slug in ENTRIES, f"Add {slug} to apps/llm/catalogue/vendors.py: prices, or why they are unknown."
    entry, vendor = ENTRIES[slug], VENDORS[slug]
    assert entry.modality in vendor.modalities
    assert entry.carries <= set(ABILITIES)
    if entry.prices == "unknown":
        assert entry.why.endswith("."), f"{slug}: say why its prices are unknown."
    address = next((field.default for field in vendor.fields if field.name == "base_url"), "")
    if entry.prices == "catalogue":
        assert any(_fits(address, found.hosts) for found in host_lists()), (
            f"{slug}: no data file has {address}"
        )
    if entry.prices == "genai-prices" and address:
        assert _known_host(address), f"{slug}: genai-prices does not know {address}"


def _fits(address: str, patterns: tuple[str, ...]) -> bool:
    host = address.split("//")[1].split("/", maxsplit=1)[0].lower()
    return host in patterns or host == "host"


def _known_host(address: str) -> bool:
    from genai_prices.data_snapshot import get_snapshot

    return bool(get_snapshot().find_provider(None, None, address))


def test_no_entry_is_left_of_a_vendor_that_is_gone() -> None:
    assert set(ENTRIES) == set(VENDORS)


@pytest.mark.parametrize("slug", sorted(VENDORS))
def test_a_model_that_nobody_knows_has_no_price_and_no_window(slug: str) -> None:
    facts = _facts(slug, "nobody-knows-this-1")
    if ENTRIES[slug].prices == "free":
        assert str(facts.price) == "Free"
        return
    assert str(facts.price) == "Unknown"
    assert (facts.price.input, facts.price.output, facts.price.picture) == (None, None, None)
    assert facts.price.note
    assert (facts.context_window, facts.max_output, facts.abilities) == (None, None, ())


def test_own_data_names_its_source_and_a_date_that_has_passed() -> None:
    for found in host_lists():
        assert "https://" in found.source, found.label
        assert dt.date(2025, 1, 1) <= found.dated <= dt.date(2026, 11, 22), found.label
        for name, model in found.models.items():
            assert set(model.abilities or ()) <= set(ABILITIES), name
            for rates in model.price.rates if model.price else ():
                assert rates.input > 0, name
                assert rates.output > 0, name
            assert all(amount > 0 for amount in (model.price.units.values() if model.price else ())), name
            tops = [rates.above for rates in model.price.rates] if model.price else []
            assert tops[:1] in ([], [0]), name
            assert tops == sorted(tops), name


def test_families_know_only_abilities_that_there_are() -> None:
    for family in families():
        assert set(family.abilities) <= set(ABILITIES), family.pattern
        assert family.source.startswith("https://")


@pytest.mark.parametrize(
    ("vendor", "model", "window", "abilities", "price"),
    [
        ("openai", "gpt-4o-mini", 128000, ("vision", "tools", "documents", "structured"), "0.15 / 0.6 USD"),
        ("openai", "text-embedding-3-small", 8192, (), "0.02 USD"),
        ("anthropic", "claude-3-5-haiku-latest", 200000, ("vision", "tools", "documents"), "0.8 / 4 USD"),
        ("qwen", "qwen-plus", 1000000, ("tools", "reasoning", "structured"), "from 0.4 / 1.2 USD"),
        ("ai21", "jamba-mini", 256000, ("tools", "structured"), "0.2 / 0.4 USD"),
        ("stability", "ultra", None, (), "0.08 USD a picture"),
        ("cohere", "rerank-v4.0-pro", None, (), "0.0025 USD a search"),
        ("openai", "gpt-image-1.5", None, (), "5 / 32 USD"),
        ("coreweave", "openai/gpt-oss-120b", 131072, ("tools", "reasoning", "structured"), "0.04 / 0.14 USD"),
        ("baidu", "ernie-5.1", 128000, ("tools",), "Unknown"),
        ("nvidia", "meta/llama-3.3-70b-instruct", 128000, ("tools",), "Unknown"),
    ],
)
def test_known_models(
    vendor: str, model: str, window: int | None, abilities: tuple[str, ...], price: str
) -> None:
    facts = _facts(vendor, model)
    assert (facts.context_window, facts.abilities, str(facts.price)) == (window, abilities, price)


def test_inflection_is_known_at_the_address_that_came_with_the_key() -> None:
    url = "https://layercake.pubwestus3.inf7ks8.com/external/api/inference/openai/v1"
    assert str(_facts("inflection", "inflection_3_pi", url).price) == "2.5 / 10 USD"


def test_what_the_host_lists_wins() -> None:
    facts = _facts("openai", "gpt-4o-mini", modality="image", window=4096)
    assert (facts.modality, facts.context_window, facts.abilities) == (Modality.IMAGE, 4096, ())


def test_an_own_server_sets_its_own_window_and_price() -> None:
    facts = _facts("vllm", "Qwen/Qwen3-8B")
    assert (facts.context_window, str(facts.price)) == (None, "Unknown")
    assert facts.abilities == ("tools", "structured")
    assert _facts("vllm", "Qwen/Qwen3-8B", window=8192).context_window == 8192


def test_no_ability_that_the_adapter_can_not_put_to_use() -> None:
    assert "documents" not in _facts("openrouter", "anthropic/claude-sonnet-4.5").abilities
    assert _facts("gooseai", "gpt-4-turbo").abilities == ()


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [
        (Tokens(1_000, 1_000), Decimal("0.0072")),
        (Tokens(1_000, 1_000, cached=500), Decimal("0.00672")),
        (Tokens(40_000, 1_000), Decimal("0.108")),
        (Tokens(200_000, 0), Decimal("0.6")),
    ],
)
def test_ledger_takes_our_list_with_its_tiers_and_cached_rate(tokens: Tokens, cost: Decimal) -> None:
    charge = charge_for(tokens, override=None, base_url=QWEN, model="qwen3-max", at=NOW)
    assert (charge.cost, charge.currency) == (cost, "USD")
    assert charge.price is not None
    assert charge.price["source"] == "Alibaba Model Studio, international 2026-11-22"


def test_output_of_a_call_that_reasoned_has_its_own_rate() -> None:
    plain = charge_for(Tokens(0, 1_000_000), override=None, base_url=QWEN, model="qwen-plus", at=NOW)
    thought = charge_for(
        Tokens(0, 1_000_000, reasoning=10), override=None, base_url=QWEN, model="qwen-plus", at=NOW
    )
    assert (plain.cost, thought.cost) == (Decimal("1.2"), Decimal(4))


def test_a_model_of_our_hosts_without_a_price_costs_nothing_known() -> None:
    for base_url, model in ((QWEN, "qwen-of-next-year"), (STABILITY, "sd3.5-flash"), ("", "x")):
        assert price_at(base_url, model) is None
        assert charge_for(Tokens(1, 1), override=None, base_url=base_url, model=model, at=NOW) == UNKNOWN


@pytest.mark.parametrize(
    ("base_url", "model", "used", "cost"),
    [
        (STABILITY, "ultra", Tokens(9, 0, estimated=True, units=3, unit=PICTURE), Decimal("0.24")),
        (COHERE, "rerank-v4.0-fast", Tokens(900, 0, units=2, unit=SEARCH), Decimal("0.004")),
        (STABILITY, "ultra", Tokens(9, 9), None),
    ],
)
def test_what_is_sold_by_the_piece_costs_by_the_piece(
    base_url: str, model: str, used: Tokens, cost: Decimal | None
) -> None:
    charge = charge_for(used, override=None, base_url=base_url, model=model, at=NOW)
    assert charge.cost == cost
    assert charge.price is None or set(charge.price) == {"source", "model", used.unit}


def test_genai_prices_still_answers_for_the_hosts_it_knows() -> None:
    assert str(_facts("openai", "gpt-4o-mini").price) == "0.15 / 0.6 USD"
