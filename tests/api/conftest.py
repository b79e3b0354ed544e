"""A running product, acme connected to a scripted model host, and keys to it."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, connected, host
from tests.llm.routing import Routing, routing_on
from tests.processes import Served, product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

__all__ = ["connected", "host", "product"]


@dataclass(frozen=True)
class Api:
    """The running product as bob's key of engineering sees it."""

    product: Served
    connected: Connected
    key: str
    ends: ExitStack

    def client(self, key: str | None = None) -> OpenAI:
        """The official client, which retries nothing by itself; it is closed with the test."""
        from openai import OpenAI

        url = f"{self.product.bare_url}/v1"
        return self.ends.enter_context(
            OpenAI(base_url=url, api_key=key or self.key, max_retries=0, timeout=30)
        )

    @contextmanager
    def sent(self, path: str, body: dict[str, Any]) -> Iterator[HTTPConnection]:
        """A request that has left; with the block its client goes."""
        with closing(HTTPConnection("127.0.0.1", self.product.port, timeout=30)) as line:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            line.request("POST", path, json.dumps(body), headers)
            yield line

    def key_with(self, *scopes: str) -> str:
        """Another key of bob's with just these scopes."""
        return make_key(self.connected, *scopes)


def make_key(connected: Connected, *scopes: str) -> str:
    """A key of bob's in engineering."""
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        _, text = api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=cast.bob,
            team=cast.engineering,
            name="test",
            scopes=list(scopes) or None,
        )
    return text


@pytest.fixture
def api(product: Served, connected: Connected) -> Iterator[Api]:
    """bob's key against the running product."""
    with ExitStack() as ends:
        yield Api(product, connected, make_key(connected), ends)


@pytest.fixture
def routing(api: Api) -> Iterator[Routing]:
    """Models by name on the host, and routes over them."""
    with routing_on(api.connected) as found:
        yield found
