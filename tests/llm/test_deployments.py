"""Several deployments of one model: shares by weight, another takes over at once, reserves wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tests.llm.conftest import Connected, Said, allow, ledger
from tests.llm.host import Answer, Host, model_host

if TYPE_CHECKING:
    from apps.llm.models import Connection

pytestmark = pytest.mark.usefixtures("hints")

Say = Callable[..., Said]

BROKEN = Answer(status=500, error={"error": {"message": "boom"}})
REFUSED = Answer(status=401, error={"error": {"message": "wrong key", "code": "invalid_api_key"}})
GONE = Answer(status=404, error={"error": {"message": "no such model", "code": "model_not_found"}})
BUSY = Answer(status=429, error={"error": {"message": "slow down"}}, headers={"Retry-After": "60"})


@pytest.fixture
def second() -> Iterator[Host]:
    """Another host, which says who it is."""
    with model_host(Answer(texts=("Second",))) as running:
        yield running


@pytest.fixture
def other(connected: Connected, second: Host) -> Connection:
    """acme's connection to the second host."""
    return connect(connected, second, "Second host")


def connect(connected: Connected, host: Host, name: str) -> Connection:
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    allow(connected.cast.acme.id, host.port)
    with tenant_scope(connected.cast.acme.id):
        return connection_create(
            actor=None, vendor="openai_compatible", name=name, base_url=host.base_url, key="sk-second-123456"
        )


def deploy(connected: Connected, other: Connection, *, own: int = 1, weight: int = 1) -> None:
    from apps.llm.services import Place, deployments_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        places = [Place(other.pk, "big-model-there", weight)]
        deployments_set(actor=None, model=connected.chat, own_weight=own, places=places)


def texts(say: Say, count: int) -> Counter[str]:
    return Counter(say(conversation_id=uuid4()).text for _ in range(count))


def test_shares_follow_the_weights(connected: Connected, other: Connection, say: Say) -> None:
    deploy(connected, other, own=1, weight=3)
    found = texts(say, 60)
    assert set(found) == {"Hello world", "Second"}
    assert found["Second"] > found["Hello world"]


def test_each_place_is_asked_by_its_own_id_and_counted_as_itself(
    connected: Connected, other: Connection, second: Host, say: Say
) -> None:
    deploy(connected, other, own=0)
    assert say().text == "Second"
    assert second.asked[0].body["model"] == "big-model-there"
    assert second.asked[0].headers["Authorization"] == "Bearer sk-second-123456"
    row = ledger(connected)[0]
    assert (row.connection_name, row.model_asked, row.model_slug) == (
        "Second host",
        "big-model-there",
        "big-model",
    )


def test_conversation_stays_with_its_deployment(connected: Connected, other: Connection, say: Say) -> None:
    deploy(connected, other)
    conversation = uuid4()
    assert len({say(conversation_id=conversation).text for _ in range(8)}) == 1


@pytest.mark.parametrize("answer", [BROKEN, REFUSED, GONE, BUSY])
def test_failure_goes_to_the_other_at_once(
    connected: Connected, other: Connection, say: Say, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pause is made: none is allowed here."""
    monkeypatch.setattr("apps.llm.gateway.retry.MAX_RETRIES", 0)
    deploy(connected, other, weight=0)
    connected.host.answers = [answer]
    said = say()
    assert (said.text, said.error, said.outcome.attempts) == ("Second", None, 2)
    assert [row.state for row in ledger(connected)] == ["released", "settled"]


def test_what_the_request_is_refused_for_is_not_tried_elsewhere(
    connected: Connected, other: Connection, second: Host, say: Say
) -> None:
    deploy(connected, other, weight=0)
    connected.host.answers = [Answer(status=400, error={"error": {"message": "no such parameter"}})]
    assert say().error is not None
    assert second.asked == []


def test_cut_answer_is_never_begun_again_elsewhere(
    connected: Connected, other: Connection, second: Host, say: Say
) -> None:
    deploy(connected, other, weight=0)
    connected.host.answers = [Answer(finish=None)]
    said = say()
    assert said.text == "Hello world"
    assert said.error is not None
    assert second.asked == []


def test_one_that_just_failed_is_left_alone_while_another_answers(
    connected: Connected, other: Connection, say: Say
) -> None:
    deploy(connected, other)
    connected.host.answers = [BUSY]
    for _ in range(20):
        if say(conversation_id=uuid4()).outcome.attempts == 2:
            break
    asked = len(connected.host.asked)
    assert texts(say, 10) == Counter({"Second": 10})
    assert len(connected.host.asked) == asked


def test_one_that_is_down_is_skipped_and_no_call_is_risked_while_another_answers(
    connected: Connected, other: Connection, say: Say
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    deploy(connected, other)
    stand(connected, connected.connection.pk, state="open", retry_at=timezone.now() - timedelta(seconds=5))
    assert texts(say, 10) == Counter({"Second": 10})
    stand(connected, connected.connection.pk, retry_at=timezone.now() - timedelta(seconds=70))
    assert say().text == "Hello world"


def test_reserve_is_called_only_while_the_other_is_down(
    connected: Connected, other: Connection, say: Say
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    deploy(connected, other, weight=0)
    assert texts(say, 6) == Counter({"Hello world": 6})
    stand(connected, connected.connection.pk, state="open", retry_at=timezone.now() + timedelta(seconds=60))
    assert texts(say, 3) == Counter({"Second": 3})


def test_all_down_is_told_at_once(connected: Connected, other: Connection, second: Host, say: Say) -> None:
    from datetime import timedelta

    from django.utils import timezone

    deploy(connected, other)
    for seconds, pk in ((60, connected.connection.pk), (30, other.pk)):
        stand(connected, pk, state="open", retry_at=timezone.now() + timedelta(seconds=seconds))
    said = say()
    assert said.error.kind.value == "unavailable"  # type: ignore[union-attr]  # a VendorError
    assert 28 <= said.error.retry_after <= 30  # type: ignore[union-attr]  # as above
    assert connected.host.asked == second.asked == []


def test_connection_that_is_off_takes_no_call(connected: Connected, other: Connection, say: Say) -> None:
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    deploy(connected, other, own=0)
    with tenant_scope(connected.cast.acme.id):
        connection_update(actor=None, connection=other, changes={"is_enabled": False})
    assert say().text == "Hello world"


def test_vectors_go_to_the_other_too(connected: Connected, other: Connection, second: Host) -> None:
    from apps.llm import gateway
    from apps.llm.services import Place, deployments_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        deployments_set(
            actor=None, model=connected.embedding, own_weight=1, places=[Place(other.pk, "vectors", 0)]
        )
    connected.host.answers = [BROKEN]
    call = gateway.EmbedCall(
        gateway.Caller(cast.acme.id, cast.engineering.pk), connected.embedding.pk, ("a", "b")
    )
    assert len(gateway.embed_sync(call).vectors) == 2
    assert [asked.body["model"] for asked in second.asked] == ["vectors"]


def stand(connected: Connected, connection_id: UUID, **values: Any) -> None:
    """Say how the connection stands."""
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        ConnectionHealth.objects.update_or_create(connection_id=connection_id, defaults=values)
