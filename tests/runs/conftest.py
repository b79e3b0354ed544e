"""A web process and a worker for the skins' tests, and people with sessions and keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from launch.network import free_port
from tests.durability import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from apps.accounts.models import User
    from tests.durability.waiting import Make
    from tests.factories import Cast, Organisation


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A web process at that port, with a worker behind it."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    children = [processes.worker(folder, "served", drain="1"), processes.web(folder, port)]
    yield port
    for child in children:
        child.end()


@dataclass
class SignedIn:
    """A person's browser."""

    host: str
    cookie: str
    session_id: UUID
    user: User


@pytest.fixture
def sign_in(cast: Cast, port: int) -> Callable[[User, Organisation], SignedIn]:
    """Start a session."""
    from apps.accounts.middleware import COOKIE
    from apps.accounts.services.sessions import session_create
    from apps.tenants.scope import tenant_scope

    def sign_in(user: User, organisation: Organisation) -> SignedIn:
        with tenant_scope(organisation.id):
            session, token = session_create(user=user, ip=None, agent="test")
        return SignedIn(f"{organisation.host}:{port}", f"{COOKIE}={token}", session.id, user)

    return sign_in


@pytest.fixture
def bob(cast: Cast, sign_in: Callable[[User, Organisation], SignedIn]) -> SignedIn:
    return sign_in(cast.bob, cast.acme)


@pytest.fixture
def carol(cast: Cast, sign_in: Callable[[User, Organisation], SignedIn]) -> SignedIn:
    return sign_in(cast.carol, cast.acme)


@pytest.fixture
def mallory(cast: Cast, sign_in: Callable[[User, Organisation], SignedIn]) -> SignedIn:
    return sign_in(cast.mallory, cast.globex)


@pytest.fixture
def make(cast: Cast) -> Make:
    """Create and hint a scripted run of bob's."""
    from apps.runs.models import Run
    from apps.runs.registry import register
    from apps.runs.services import run_create
    from apps.tenants.scope import tenant_scope
    from tests.durability.scripted.kind import SCRIPTED

    register(SCRIPTED)

    def make(**script: object) -> Run:
        with tenant_scope(cast.acme.id):
            return run_create(kind="scripted", team_id=cast.engineering.id, user_id=cast.bob.id, input=script)

    return make
