"""Writes of sources: checked before they are stored, audited without secrets, hinted after the commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from apps.audit.services import record
from apps.knowledge import services
from apps.knowledge.connectors.base import BadSettingError
from apps.knowledge.connectors.folder import is_below
from apps.knowledge.connectors.hinting import hint_after_commit
from apps.knowledge.connectors.models import AllowedFolder, Source, SourceItem, SourceState
from apps.knowledge.connectors.registry import KINDS
from apps.knowledge.connectors.secrets import SECRET_FIELD
from apps.knowledge.models import Document
from apps.llm.endpoints import address_of
from apps.llm.models import AllowedHost
from apps.rest.errors import ProblemError, invalid
from apps.tenants.models import Tenant
from apps.tenants.scope import current_tenant_id
from apps.vault import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.accounts.actors import Actor
    from apps.knowledge.connectors.base import Kind
    from apps.knowledge.models import KnowledgeBase

INTERVALS: Final = {
    0: "Only when asked",
    15: "Every 15 minutes",
    60: "Every hour",
    360: "Every 6 hours",
    1440: "Every day",
    10080: "Every week",
}
_MOST_NAME: Final = 120
_MOST_VALUE: Final = 1024
_MOST_SECRET: Final = 10_000


@dataclass(frozen=True, slots=True)
class SourceValues:
    """What a person entered; an empty secret leaves the one that is stored."""

    name: str
    every_minutes: int = 60
    settings: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""


def source_create(*, actor: Actor, knowledge_base: KnowledgeBase, kind: str, values: SourceValues) -> Source:
    """A source whose documents come into the collection, first synced at once.

    Raises ProblemError 400 by field: an unknown kind, a name that is taken, a setting that can not be used, a
    private address or a folder that the operator did not allow.
    """
    if kind not in KINDS:
        raise invalid([{"field": "kind", "message": f"One of: {', '.join(KINDS)}."}])
    source = Source(knowledge_base=knowledge_base, kind=kind)
    _take(source, values)
    source.save()
    _record(actor, "source.created", source, after=snapshot(source))
    hint_after_commit(current_tenant_id(), source.id)
    return source


def source_update(*, actor: Actor, source: Source, values: SourceValues) -> Source:
    """Change it; with other settings everything is listed anew, and a sync that runs is broken off.

    A new address needs its secret again: the old one was for the old address. Raises as `source_create`.
    """
    locked = Source.objects.select_for_update().get(id=source.id)
    before, had, had_every = snapshot(locked), locked.settings, locked.every_minutes
    _take(locked, values)
    if locked.every_minutes != had_every and locked.state != SourceState.FAILED:
        following = timezone.now() + timedelta(minutes=locked.every_minutes)
        locked.due_at = following if locked.every_minutes else None
    if locked.settings != had or values.secret:
        locked.cursor, locked.state, locked.error = "", SourceState.IDLE, ""
        locked.fence, locked.lease_until = locked.fence + 1, None
        SourceItem.objects.filter(source_id=locked.id, document=None).delete()
    locked.save()
    after = snapshot(locked) | ({"secret": "replaced"} if values.secret else {})
    _record(actor, "source.updated", locked, before=before, after=after)
    if locked.settings != had or values.secret:
        _due(locked)
    locked.refresh_from_db()
    return locked


def source_sync(*, actor: Actor, source: Source) -> None:
    """Have it followed now, what was left out included; nothing more where a sync runs. 409 while paused."""
    if source.is_paused:
        raise ProblemError(
            409, "paused", "This source is paused", "Nothing was begun. Resume it; that begins a sync too."
        )
    troubled = SourceItem.objects.filter(source_id=source.id).exclude(problem="")
    if troubled.update(version=""):
        Source.objects.filter(id=source.id).update(cursor="")
    _due(source)
    _record(actor, "source.sync_asked", source)


def source_pause(*, actor: Actor, source: Source, is_paused: bool) -> None:
    """Stop following it, also a sync that runs, or go on. Its documents stay and are found as before."""
    if source.is_paused == is_paused:
        return
    Source.objects.filter(id=source.id).update(
        is_paused=is_paused,
        state=SourceState.IDLE,
        fence=F("fence") + 1,
        lease_until=None,
        updated_at=Now(),
    )
    _record(actor, "source.paused" if is_paused else "source.resumed", source)
    if not is_paused:
        _due(source)
    source.refresh_from_db()


def source_remove(*, actor: Actor, source: Source, delete_documents: bool) -> None:
    """End it and destroy its secret; its documents are deleted, or stay as if they had been uploaded."""
    Source.objects.select_for_update().get(id=source.id)
    brought = Document.objects.filter(source_items__source_id=source.id).order_by("id")
    before = snapshot(source) | {"documents": brought.count(), "documents_deleted": delete_documents}
    if delete_documents:
        for document in list(brought):
            services.document_delete(actor=actor, document=document)
    _record(actor, "source.removed", source, before=before)
    source.delete()


def snapshot(source: Source) -> dict[str, Any]:
    """What the audit log keeps of a source: everything but the secret."""
    return {
        "name": source.name,
        "kind": source.kind,
        "knowledge_base": str(source.knowledge_base_id),
        "settings": dict(source.settings),
        "every_minutes": source.every_minutes,
    }


def _due(source: Source) -> None:
    waiting = Source.objects.filter(id=source.id).exclude(state=SourceState.SYNCING)
    waiting.update(due_at=Now(), state=SourceState.IDLE, error="", updated_at=Now())
    hint_after_commit(current_tenant_id(), source.id)


def _take(source: Source, values: SourceValues) -> None:
    kind = KINDS[source.kind]
    source.name = _named(source, values.name)
    if values.every_minutes not in INTERVALS:
        raise invalid([{"field": "every_minutes", "message": f"One of: {', '.join(map(str, INTERVALS))}."}])
    source.every_minutes = values.every_minutes
    source.settings = _checked(kind, values.settings)
    _seal(source, kind, values.secret)


def _named(source: Source, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _MOST_NAME:
        raise invalid([{"field": "name", "message": f"A name of 1 to {_MOST_NAME} characters."}])
    if Source.objects.filter(name=name).exclude(id=source.id).exists():
        raise invalid([{"field": "name", "message": "There is a source of this name. Choose another name."}])
    return name


def _checked(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """The kind's settings in canonical form, and allowed by the operator; raises ProblemError by field."""
    plain = {known.name: known for known in kind.fields if not known.secret}
    if given.keys() - plain.keys():
        raise invalid([{"field": "settings", "message": f"Only: {', '.join(plain)}."}])
    texts = {name: str(given.get(name, known.default) or "") for name, known in plain.items()}
    for name, text in texts.items():
        if plain[name].required and not text.strip():
            raise invalid([{"field": name, "message": f"{plain[name].label} is missing."}])
        if len(text) > _MOST_VALUE or "\x00" in text:
            raise invalid([{"field": name, "message": f"At most {_MOST_VALUE} characters."}])
    try:
        checked = kind.check(texts)
    except BadSettingError as error:
        raise invalid([{"field": error.field, "message": str(error)}]) from error
    _refuse_private(kind, checked)
    _refuse_folder(kind, checked)
    return checked


def _refuse_private(kind: Kind, checked: Mapping[str, str]) -> None:
    origin = kind.origin(checked)
    if not origin:
        return
    address = address_of(origin)
    is_allowed = AllowedHost.objects.filter(host=address.host, port=address.port).exists()
    name = next(name for name in ("address", "endpoint") if name in checked)
    if address.is_private and not is_allowed:
        message = (
            f"{address.host}:{address.port} is not a public address, so it is refused. Ask the operator to "
            f"allow it: bin/manage allow_host --tenant {_slug()} --host {address.host} --port {address.port}"
        )
        raise invalid([{"field": name, "message": message}])
    if kind.secret is not None and address.scheme == "http" and not is_allowed:
        message = "Use https://. Over http:// the secret could be read on its way."
        raise invalid([{"field": name, "message": message}])


def _slug() -> str:
    slug: str = Tenant.objects.values_list("slug", flat=True).get(pk=current_tenant_id())
    return slug


def _refuse_folder(kind: Kind, checked: Mapping[str, str]) -> None:
    path = checked.get("path")
    if kind.slug != "folder" or path is None:
        return
    roots = AllowedFolder.objects.values_list("path", flat=True)
    if not any(is_below(path, root) for root in roots):
        message = (
            "The operator has not allowed this folder for your organisation. Ask for: "
            f"bin/manage allow_folder --tenant {_slug()} --path {path}"
        )
        raise invalid([{"field": "path", "message": message}])


def _seal(source: Source, kind: Kind, secret: str) -> None:
    """Seal a new secret for the present address; one that was entered for another address goes."""
    origin = kind.origin(source.settings)
    secret = secret.strip()
    if kind.secret is None:
        return
    if not secret:
        if source.has_secret and source.secret_origin != origin:
            message = "The address has changed: enter its secret. The old one stays with the old address."
            raise invalid([{"field": "secret", "message": message}])
        return
    if len(secret) > _MOST_SECRET or not secret.isprintable() or not secret.isascii():
        message = "This is not a secret: it holds line breaks or unusual characters."
        raise invalid([{"field": "secret", "message": message}])
    source.sealed_secret = seal(secret, tenant_id=current_tenant_id(), field=SECRET_FIELD)
    source.secret_origin = origin


def _record(actor: Actor, action: str, source: Source, **values: Any) -> None:
    record(actor=actor, action=action, target_type="source", target_id=source.id, **values)
