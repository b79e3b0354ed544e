"""From a /v1 request to its run: key, scope, model and queued run in one short transaction on one thread."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

from apps.accounts.actors import Actor
from apps.accounts.permissions import has_scope
from apps.accounts.services import api_key_authenticate
from apps.accounts.tokens import KeyText, read_key, token_hash
from apps.api.openai.errors import missing_scope, rate_limited, unknown_model, wrong_key
from apps.llm import selectors as models
from apps.llm.errors import ModelNotFoundError
from apps.llm.routes import selectors as routes
from apps.metering.rates.admission import admit_request
from apps.metering.rates.known import rules_of
from apps.metering.rates.rules import Who
from apps.runs.rows import loaded
from apps.runs.services import run_create
from apps.tenants.aio import in_scope
from apps.tenants.grouped import in_shared_scope
from apps.tenants.hosts import atenant_of_slug
from apps.tenants.postgresql.statements import Statement
from apps.tenants.quick import in_quick_scope
from apps.tenants.scope import commit_before_disk, current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.accounts.models import ApiKey
    from apps.metering.rates.rules import Rule
    from apps.tenants.hosts import TenantRef

_PLAIN: Final = Statement("""
SELECT k.id, k.secret_hash, k.team_id, k.user_id, k.scopes,
       (SELECT m.id FROM llm_model m
        JOIN llm_connection c ON c.tenant_id = m.tenant_id AND c.id = m.connection_id
        WHERE m.tenant_id = k.tenant_id AND m.slug = %(model)s AND m.modality = %(modality)s
          AND m.is_enabled AND c.is_enabled
          AND EXISTS (SELECT 1 FROM llm_grant g
                      JOIN accounts_team t ON t.tenant_id = g.tenant_id AND t.id = g.team_id
                      WHERE g.tenant_id = m.tenant_id AND g.model_id = m.id
                        AND (g.team_id = k.team_id OR t.is_everyone)))
FROM accounts_apikey k JOIN accounts_user u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
WHERE k.tenant_id = %(tenant)s AND k.prefix = %(prefix)s AND k.revoked_at IS NULL AND u.is_active
  AND (k.expires_at IS NULL OR k.expires_at > now()) AND k.last_used_at > now() - interval '1 minute'
""")
"""The plain case in one statement, since it stands before every first token: by the ORM it took 2.5 ms, so
0.4. Whatever is not plain (a key that is wrong or was not used for a minute, no such model, no scope) goes
the long way, which alone decides what is refused and how."""


P = ParamSpec("P")
T = TypeVar("T")
Found = tuple[UUID, UUID, UUID, dict[str, str]]
"""Key, team, user, and the model or route as the run's input names it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that was queued for a key; `headers` tell the client of its limits."""

    tenant_id: UUID
    run_id: UUID
    user_id: UUID
    api_key_id: UUID
    headers: Mapping[str, str] = field(default_factory=dict)


Listed = tuple[str, str, int]
"""A model or route of the list: its id, its owner, when it was made in seconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The run that a request wants: `inputs` get the model's id, or the route's."""

    kind: str
    modality: str
    scope: str
    model: str
    inputs: Mapping[str, Any]


SCOPE_OF: Final = {"chat": "chat", "embedding": "embeddings", "image": "images", "rerank": "rerank"}
"""The scope that opens the models of each kind."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """What lets a request in: its Authorization header, and the organisation of its host, if any.

    `confirmed` are the rules that it says yes to.
    """

    authorization: str
    host_tenant: TenantRef | None
    confirmed: tuple[str, ...] = ()


async def open_run(bearer: Bearer, wish: Wish) -> Opened:
    """Queues the run; raises DialectError (401 key, 403 scope, 404 model, 429 limit).

    The client hears nothing before the call's reservation, whose commit takes the run to the disk too.
    """
    tenant_id, text = await _named(bearer)
    if bearer.confirmed:
        wish = replace(wish, inputs={**wish.inputs, "confirmed": list(bearer.confirmed)})
    rules = await rules_of(tenant_id)
    if rules:
        return await _open_within(rules, tenant_id, text, wish)
    opened = await in_shared_scope(tenant_id, _open_plainly, text, wish)
    if opened is not None:
        return opened
    return await in_scope(tenant_id, _open_checked, text, wish)


async def _open_within(rules: Sequence[Rule], tenant_id: UUID, text: KeyText, wish: Wish) -> Opened:
    """As `open_run`, within limits, which are counted between two scopes and before there is a run."""
    found = await in_quick_scope(tenant_id, _plain, text, wish)
    if found is None:
        found = await in_scope(tenant_id, _checked, text, wish)
    key_id, team_id, user_id, chosen = found
    model_id = UUID(chosen["model_id"]) if "model_id" in chosen else None
    admission = await admit_request(Who(tenant_id, team_id, user_id, key_id, model_id), rules)
    if admission.refusal is not None:
        raise rate_limited(admission.refusal.message, admission.refusal.retry_after, admission.headers)
    opened = await in_shared_scope(tenant_id, _queued_quickly, found, wish)
    return replace(opened, headers=admission.headers)


async def list_models(bearer: Bearer) -> list[Listed]:
    """What the key's team may call, as far as its scopes open it; raises DialectError (401, 403)."""
    tenant_id, text = await _named(bearer)
    return await in_scope(tenant_id, _list_models, text)


async def with_actor(
    bearer: Bearer, scope: str, work: Callable[Concatenate[Actor, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What `work` makes of the key's person in their organisation's scope; raises DialectError (401, 403)."""
    tenant_id, text = await _named(bearer)

    def worked() -> T:
        key = _authenticated(text)
        if not _has(key, scope):
            raise missing_scope(scope)
        return work(Actor(key.user, key), *args, **kwargs)

    return await in_scope(tenant_id, worked)


async def _named(bearer: Bearer) -> tuple[UUID, KeyText]:
    """The tenant that the key names; on an organisation's own host it must be that one."""
    scheme, _, raw = bearer.authorization.partition(" ")
    text = read_key(raw.strip()) if scheme.lower() == "bearer" else None
    tenant = await atenant_of_slug(text.slug) if text else None
    if text is None or tenant is None or not tenant.is_active:
        raise wrong_key()
    if bearer.host_tenant is not None and bearer.host_tenant.id != tenant.id:
        raise wrong_key()
    return tenant.id, text


def _open_plainly(text: KeyText, wish: Wish) -> Opened | None:
    found = _plain(text, wish)
    return None if found is None else _queued_quickly(found, wish)


def _queued_quickly(found: Found, wish: Wish) -> Opened:
    commit_before_disk()
    return _queued(found, wish)


def _open_checked(text: KeyText, wish: Wish) -> Opened:
    return _queued(_checked(text, wish), wish)


def _queued(found: Found, wish: Wish) -> Opened:
    key_id, team_id, user_id, chosen = found
    run = run_create(
        kind=wish.kind,
        team_id=team_id,
        user_id=user_id,
        api_key_id=key_id,
        input={**wish.inputs, **chosen},
    )
    return Opened(run.tenant_id, run.id, user_id, key_id)


def _plain(text: KeyText, wish: Wish) -> Found | None:
    """Key, team, user and model where nothing is unusual; None sends the request the long way."""
    values: dict[str, UUID | str] = {
        "tenant": current_tenant_id(),
        "prefix": text.prefix,
        "model": wish.model,
        "modality": wish.modality,
    }
    row = execute(_PLAIN, values).row
    if row is None or row[5] is None or not hmac.compare_digest(row[1], token_hash(text.secret)):
        return None
    if wish.scope not in loaded(row[4]):
        return None
    return row[0], row[2], row[3], {"model_id": str(row[5])}


def _checked(text: KeyText, wish: Wish) -> Found:
    key = _authenticated(text)
    if not _has(key, wish.scope):
        raise missing_scope(wish.scope)
    try:
        chosen = _chosen(key.team_id, wish)
    except ModelNotFoundError:
        raise unknown_model(wish.model) from None
    return key.id, key.team_id, key.user_id, chosen


def _chosen(team_id: UUID, wish: Wish) -> dict[str, str]:
    """The model or the route, as the run's input names it; raises ModelNotFoundError."""
    if wish.modality == "chat" and routes.is_route(wish.model):
        return {"route_id": str(routes.route_by_slug(team_id, wish.model).pk)}
    return {"model_id": str(models.model_by_slug(team_id, wish.model, wish.modality).pk)}


def _list_models(text: KeyText) -> list[Listed]:
    key = _authenticated(text)
    opened = [modality for modality, scope in SCOPE_OF.items() if _has(key, scope)]
    if not opened:
        raise missing_scope("chat")
    found = [model for modality in opened for model in models.models_for_team(key.team_id, modality)]
    listed = [(model.slug, models.owner_of(model.connection), _seconds(model.created_at)) for model in found]
    if "chat" in opened:
        usable = [found.route for found in routes.routes_for_team(key.team_id) if found.usable]
        listed += [(route.public_id, models.OWN, _seconds(route.created_at)) for route in usable]
    return listed


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _authenticated(text: KeyText) -> ApiKey:
    key = api_key_authenticate(text)
    if key is None:
        raise wrong_key()
    return key


def _has(key: ApiKey, scope: str) -> bool:
    return has_scope(Actor(key.user, key), scope)
