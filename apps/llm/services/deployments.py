"""Deployments: where else a model runs, and how its calls are shared out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.llm.models import Connection, Deployment, Model
from apps.llm.vendors.registry import VENDORS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor

MOST_WEIGHT: Final = 100
MOST_PLACES: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A connection where the model runs too, its id there (empty: the same), and its share of the calls."""

    connection_id: UUID
    vendor_model: str = ""
    weight: int = 1


def deployments_set(*, actor: Actor | None, model: Model, own_weight: int, places: Sequence[Place]) -> None:
    """Let the model run in exactly these places besides its own connection, which has `own_weight`.

    Raises ValidationError by field: an unknown connection, one named twice or the model's own, one whose
    vendor has no such models, a weight below 0 or above 100, or no weight above 0 at all.
    """
    before = deployments_snapshot(model)
    _check_weights([own_weight, *(place.weight for place in places)])
    connections = _connections(model, places)
    model.deployments.exclude(connection_id__in=connections).delete()
    for place in places:
        Deployment.objects.update_or_create(
            model=model,
            connection=connections[place.connection_id],
            defaults={"vendor_model": _vendor_model(model, place), "weight": place.weight},
        )
    model.weight = own_weight
    model.save(update_fields=["weight", "updated_at"])
    after = deployments_snapshot(model)
    if before != after:
        record(
            actor=actor,
            action="model.deployments_changed",
            target_type="model",
            target_id=model.pk,
            before=before,
            after=after,
        )


def deployments_snapshot(model: Model) -> dict[str, Any]:
    """What the audit log keeps: every place by its connection's name."""
    rows = model.deployments.select_related("connection").order_by("connection__name")
    places = {row.connection.name: {"id": row.vendor_model, "weight": row.weight} for row in rows}
    return {"slug": model.slug, "own_weight": model.weight, "deployments": places}


def _check_weights(weights: Sequence[int]) -> None:
    if any(not 0 <= weight <= MOST_WEIGHT for weight in weights):
        raise ValidationError({"weight": f"A share is a whole number from 0 to {MOST_WEIGHT}."})
    if not any(weights):
        raise ValidationError({"weight": "At least one place needs a share above 0."})


def _connections(model: Model, places: Sequence[Place]) -> dict[UUID, Connection]:
    wanted = [place.connection_id for place in places]
    if len(places) > MOST_PLACES:
        raise ValidationError({"connection": f"At most {MOST_PLACES} further places."})
    if len(set(wanted)) < len(wanted) or model.connection_id in wanted:
        raise ValidationError({"connection": "Each connection can be named once; add a second one first."})
    found = {row.pk: row for row in Connection.objects.filter(pk__in=wanted)}
    if len(found) < len(wanted):
        raise ValidationError({"connection": "This connection does not exist. Reload the page."})
    for connection in found.values():
        vendor = VENDORS.get(connection.vendor)
        if vendor is None or model.modality not in vendor.modalities:
            raise ValidationError({"connection": f"{connection.name} has no models of this kind."})
    return found


def _vendor_model(model: Model, place: Place) -> str:
    name = place.vendor_model.strip() or model.vendor_model
    if len(name) > 200 or not name.isprintable():  # noqa: PLR2004 - the column's length
        raise ValidationError({"vendor_model": "A model's id must have 1 to 200 visible characters."})
    return name
