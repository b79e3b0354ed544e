"""/v1/models and /v1/embeddings, driven by the official client against real processes."""

from __future__ import annotations

import openai
import pytest

from tests.api.conftest import Api
from tests.llm.host import Answer


def test_a_key_sees_the_models_of_its_team_and_scopes(api: Api) -> None:
    assert [model.id for model in api.client().models.list()] == ["big-model", "text-embedding-tiny"]
    assert [model.id for model in api.client(api.key_with("embeddings")).models.list()] == [
        "text-embedding-tiny"
    ]
    with pytest.raises(openai.PermissionDeniedError):
        api.client(api.key_with("knowledge")).models.list()


def test_owned_by_is_the_vendor_and_names_nothing_that_administrators_named(api: Api) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    connection = api.connected.connection
    assert {model.owned_by for model in api.client().models.list()} == {"organization"}
    with tenant_scope(connection.tenant_id):
        Connection.objects.filter(pk=connection.pk).update(vendor="anthropic", name="Secret project, EU key")
    assert {model.owned_by for model in api.client().models.list()} == {"anthropic"}


def test_a_wrong_key_sees_nothing(api: Api) -> None:
    with pytest.raises(openai.AuthenticationError):
        api.client("atrium_x").models.list()


def test_vectors_come_in_the_order_of_their_texts(api: Api) -> None:
    made = api.client().embeddings.create(model="text-embedding-tiny", input=["a", "three", "sixsix"])
    assert [row.embedding for row in made.data] == [[1.0, 1.0], [5.0, 1.0], [6.0, 1.0]]
    assert made.usage.prompt_tokens == 1000
    plain = api.client().embeddings.create(model="text-embedding-tiny", input="four", encoding_format="float")
    assert plain.data[0].embedding == [4.0, 1.0]


def test_embeddings_refuse_like_the_rest(api: Api) -> None:
    with pytest.raises(openai.NotFoundError):
        api.client().embeddings.create(model="big-model", input="x")
    with pytest.raises(openai.BadRequestError):
        api.client().embeddings.create(model="text-embedding-tiny", input=[])
    with pytest.raises(openai.PermissionDeniedError):
        api.client(api.key_with("chat")).embeddings.create(model="text-embedding-tiny", input="x")
    api.connected.host.answers[:] = [Answer(status=401, error={"error": {"message": "bad key"}})]
    with pytest.raises(openai.InternalServerError) as refused:
        api.client().embeddings.create(model="text-embedding-tiny", input="x")
    assert refused.value.code == "provider_authentication"
