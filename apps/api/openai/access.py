"""From a /v1 request to its run: key, scope, model and queued run in one short transaction on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.accounts.actors import Actor
from apps.accounts.permissions import has_scope
from apps.accounts.services import api_key_authenticate
from apps.accounts.tokens import KeyText, read_key
from apps.api.openai.errors import missing_scope, unknown_model, wrong_key
from apps.llm import selectors as models
from apps.llm.errors import ModelNotFoundError
from apps.runs.services import run_create
from apps.tenants.aio import in_scope
from apps.tenants.hosts import atenant_of_slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar
    from uuid import UUID

    from apps.accounts.models import ApiKey
    from apps.llm.models import Model
    from apps.tenants.hosts import TenantRef

    R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that was queued for a key."""

    tenant_id: UUID
    run_id: UUID
    user_id: UUID
    api_key_id: UUID


@dataclass(frozen=True, slots=True)
class Wish:
    """The run that a request wants: `inputs` get the model's id."""

    kind: str
    modality: str
    scope: str
    model: str
    inputs: Mapping[str, Any]


async def in_key_scope(authorization: str, host_tenant: TenantRef | None, act: Callable[[ApiKey], R]) -> R:
    """Runs `act` with the living key, in its tenant's scope; raises DialectError (401)."""
    scheme, _, raw = authorization.partition(" ")
    text = read_key(raw.strip()) if scheme.lower() == "bearer" else None
    tenant = await atenant_of_slug(text.slug) if text else None
    if text is None or tenant is None or not tenant.is_active:
        raise wrong_key()
    if host_tenant is not None and host_tenant.id != tenant.id:
        raise wrong_key()
    return await in_scope(tenant.id, _as_key, text, act)


def open_run(key: ApiKey, wish: Wish) -> Opened:
    """Queues the run; raises DialectError (403 scope, 404 model)."""
    require_scope(key, wish.scope)
    try:
        model = models.model_by_slug(key.team_id, wish.model, wish.modality)
    except ModelNotFoundError:
        raise unknown_model(wish.model) from None
    run = run_create(
        kind=wish.kind,
        team_id=key.team_id,
        user_id=key.user_id,
        api_key_id=key.id,
        input={**wish.inputs, "model_id": str(model.id)},
    )
    return Opened(run.tenant_id, run.id, key.user_id, key.id)


def list_models(key: ApiKey) -> list[Model]:
    """What the key's team may call, of the modalities that its scopes open; raises DialectError (403)."""
    wanted = [
        modality for modality, scope in (("chat", "chat"), ("embedding", "embeddings")) if _has(key, scope)
    ]
    if not wanted:
        raise missing_scope("chat")
    return [model for modality in wanted for model in models.models_for_team(key.team_id, modality)]


def require_scope(key: ApiKey, scope: str) -> None:
    """Raises DialectError (403) when the key was not made for this."""
    if not _has(key, scope):
        raise missing_scope(scope)


def _has(key: ApiKey, scope: str) -> bool:
    return has_scope(Actor(key.user, key), scope)


def _as_key(text: KeyText, act: Callable[[ApiKey], R]) -> R:
    key = api_key_authenticate(text)
    if key is None:
        raise wrong_key()
    return act(key)
