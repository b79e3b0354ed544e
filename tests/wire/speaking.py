"""Ask one vendor once over loopback: what was heard, and what was sent."""

from collections.abc import Sequence

from apps.llm.vendors.base import ChatRequest
from apps.llm.vendors.interface import Vendor
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Heard, Request, Server


def asked(
    vendor: Vendor, answer: Answer, request: ChatRequest = ASKED, *, key: str = "sk-test-0123456789"
) -> tuple[Heard, Request]:
    """Deltas of `answer` put together, and the request; raises VendorError."""
    heard, (sent,) = asked_often(vendor, [answer], [request], key=key)
    return heard, sent


def asked_often(
    vendor: Vendor, answers: Sequence[Answer], requests: Sequence[ChatRequest], *, key: str = "sk-test"
) -> tuple[Heard, list[Request]]:
    """Each request in turn to one server; what was heard is of the last."""

    async def ask() -> tuple[Heard, list[Request]]:
        heard = Heard()
        async with Server(answers) as server:
            endpoint = server.endpoint(key)
            for request in requests:
                heard = Heard()
                async for delta in vendor.stream(endpoint, request, QUICK):
                    heard.add(delta)
            return heard, server.requests

    return run(ask())
