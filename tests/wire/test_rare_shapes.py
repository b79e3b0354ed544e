"""Documented events, fields and reasons that no recording here holds, each to its exact outcome."""

import pytest

from apps.llm.vendors.base import ChatRequest, VendorError
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.rare import RARE
from tests.wire.rare.shape import Rare
from tests.wire.replay import Heard, Server


async def heard_of(rare: Rare) -> tuple[Heard, VendorError | None]:
    heard = Heard()
    request = ChatRequest("m", ASKED.messages)
    async with Server([rare.answer]) as server:
        try:
            async for delta in vendor_for(rare.slug).stream(server.endpoint(**rare.settings), request, QUICK):
                heard.add(delta)
        except VendorError as failed:
            return heard, failed
    return heard, None


@pytest.mark.parametrize("rare", RARE, ids=[f"{rare.slug}-{rare.name}" for rare in RARE])
def test_documented_shape_comes_out_exactly(rare: Rare) -> None:
    heard, failed = run(heard_of(rare))
    assert (heard.text, heard.reasoning) == (rare.text, rare.reasoning)
    assert tuple(heard.calls.values()) == rare.calls
    assert (failed.kind if failed else None) == rare.error
    assert (failed.retry_after if failed else None) == rare.retry_after
    finished = heard.finished
    assert (finished.reason if finished else None) == rare.finish
    assert (finished.usage if finished else None) == rare.usage


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [(rare.slug, rare.name) for rare in RARE]
    assert len(set(names)) == len(names)
