"""Writes of clearances: what was set, its versions in the ledger, and the audit log, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.guardrails.classes import DataClass
from apps.llm.clearances.reaching import decided_for, places_at, places_of
from apps.llm.clearances.rules import AS_FOUND, HOSTED, OWN
from apps.llm.models import Connection, Model
from apps.metering.versions import Decided, version_write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.llm.clearances.reaching import Place

LONGEST_NOTE: Final = 300
LONGEST_REGION: Final = 100


@dataclass(frozen=True, slots=True)
class OfConnection:
    """What is set for a connection: the class (None: by the default rule), and what that rule reads."""

    data_class: DataClass | None
    hosting: str = AS_FOUND
    region: str = ""
    contract_note: str = ""


def connection_clearance_set(
    *, actor: Actor | None, connection: Connection, wanted: OfConnection, reason: str
) -> None:
    """Clear a connection's models for another class, or say other facts of where it leads.

    Each model's new clearance is a version with the actor and the reason. Raises ValidationError by field.
    """
    reason = _reason(reason)
    _check(wanted)
    locked = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    before, was = _said_of(locked), _classes(places_at(locked.pk))
    locked.cleared_for = wanted.data_class
    locked.hosting = wanted.hosting
    locked.region = _line(wanted.region)
    locked.contract_note = _line(wanted.contract_note)
    after = _said_of(locked)
    if after == before:
        return
    locked.save(update_fields=["cleared_for", "hosting", "region", "contract_note", "updated_at"])
    for name in ("cleared_for", "hosting", "region", "contract_note"):
        setattr(connection, name, getattr(locked, name))
    _decide(actor, places_at(locked.pk), was, reason)
    record(
        actor=actor,
        action="clearance.changed",
        target_type="connection",
        target_id=locked.pk,
        before=before,
        after=after,
        detail={"name": locked.name, "reason": reason},
    )


def model_clearance_set(*, actor: Actor | None, model: Model, wanted: DataClass | None, reason: str) -> None:
    """Clear one model for another class, None for its connection's; as `connection_clearance_set`."""
    reason = _reason(reason)
    locked = Model.objects.select_for_update(no_key=True).get(pk=model.pk)
    if wanted == locked.cleared_for:
        return
    before, was = _slug(locked.cleared_for), _classes(places_of([locked.pk]))
    locked.cleared_for = model.cleared_for = wanted
    locked.save(update_fields=["cleared_for", "updated_at"])
    _decide(actor, places_of([locked.pk]), was, reason)
    record(
        actor=actor,
        action="clearance.changed",
        target_type="model",
        target_id=locked.pk,
        before={"data_class": before},
        after={"data_class": _slug(wanted)},
        detail={"slug": locked.slug, "reason": reason},
    )


def clearance_forget(connection: Connection) -> None:
    """Take back what was set for another host, on the row that the caller saves; its models follow."""
    connection.cleared_for, connection.hosting = None, AS_FOUND
    connection.region, connection.contract_note = "", ""
    Model.objects.filter(connection=connection, cleared_for__isnull=False).update(cleared_for=None)


def snapshot(connection: Connection) -> dict[str, Any]:
    """What is set for a connection, as the audit log and the API say it."""
    return _said_of(connection)


def _said_of(connection: Connection) -> dict[str, Any]:
    return {
        "data_class": _slug(connection.cleared_for),
        "hosting": connection.hosting,
        "region": connection.region,
        "contract_note": connection.contract_note,
    }


def _slug(data_class: int | None) -> str | None:
    return None if data_class is None else DataClass(data_class).slug


def _classes(places: Iterable[Place]) -> dict[tuple[UUID, UUID], Any]:
    return {(place.model_id, place.connection_id): place.cleared for place in places}


def _decide(
    actor: Actor | None, places: Iterable[Place], was: dict[tuple[UUID, UUID], Any], reason: str
) -> None:
    """A version for each model at each connection where the decision says something new."""
    for place in places:
        if was.get((place.model_id, place.connection_id)) != place.cleared:
            version_write(_decided(actor, place, reason))


def _decided(actor: Actor | None, place: Place, reason: str) -> Decided:
    return replace(
        decided_for(place.model_id, place),
        reason=reason,
        actor_id=actor.user_id if actor else None,
        actor_name=actor.name if actor else "Operator",
    )


def _check(wanted: OfConnection) -> None:
    if wanted.hosting not in {AS_FOUND, OWN, HOSTED}:
        raise ValidationError({"hosting": "Choose one from the list."})
    if len(_line(wanted.region)) > LONGEST_REGION:
        raise ValidationError({"region": f"At most {LONGEST_REGION} characters."})
    if len(_line(wanted.contract_note)) > LONGEST_NOTE:
        raise ValidationError({"contract_note": f"At most {LONGEST_NOTE} characters."})


def _reason(text: str) -> str:
    reason = _line(text)
    if not reason:
        raise ValidationError({"reason": "Say why: it is kept with this version. Nothing was saved."})
    if len(reason) > LONGEST_NOTE:
        raise ValidationError({"reason": f"At most {LONGEST_NOTE} characters."})
    return reason


def _line(text: str) -> str:
    return " ".join(text.split())
