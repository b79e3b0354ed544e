"""Which models a team may use now.

A grant to the team Everyone holds in every team, so a team may use its own grants and Everyone's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q

from apps.llm.endpoints import EXTRACTIVE
from apps.llm.errors import ModelNotFoundError
from apps.llm.models import Grant, Model
from apps.llm.selectors.rows import BY_SLUG, BY_VENDOR, granted_model
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

CHAT = Modality.CHAT.value


def _of_team(team_id: UUID | None) -> Q:
    return Q(team__is_everyone=True) if team_id is None else Q(team_id=team_id) | Q(team__is_everyone=True)


def _usable() -> QuerySet[Model]:
    return Model.objects.filter(is_enabled=True, connection__is_enabled=True).select_related("connection")


def _granted(team_id: UUID | None) -> QuerySet[Model]:
    return _usable().filter(Exists(Grant.objects.filter(_of_team(team_id), model=OuterRef("pk"))))


def models_for_team(team_id: UUID, modality: str = CHAT) -> list[Model]:
    """What the team may use, its default first, then by name. Each carries `is_team_default`."""
    default = default_model(team_id) if modality == CHAT else None
    models = list(_granted(team_id).filter(modality=modality).order_by("name", "slug"))
    for model in models:
        model.is_team_default = default is not None and model.pk == default.pk  # type: ignore[attr-defined]  # told on the row
    return sorted(models, key=lambda model: not model.is_team_default)  # type: ignore[attr-defined]  # set above


def models_for_teams(team_ids: Iterable[UUID], modality: str | None = CHAT) -> list[Model]:
    """What any of the teams may use, by name; every modality with None."""
    of_teams = Q(team_id__in=list(team_ids)) | Q(team__is_everyone=True)
    models = _usable().filter(Exists(Grant.objects.filter(of_teams, model=OuterRef("pk"))))
    if modality is not None:
        models = models.filter(modality=modality)
    return list(models.order_by("name", "slug"))


def models_for_every_team(team_ids: Iterable[UUID], modality: str) -> list[Model]:
    """What each of the teams may use, by name; what Everyone may where none is named."""
    wanted = set(team_ids)
    grants = Grant.objects.filter(model=OuterRef("pk"))
    allowed = Q(Exists(grants.filter(team__is_everyone=True)))
    if wanted:
        own = Count("grants", filter=Q(grants__team_id__in=wanted))
        every = Model.objects.annotate(granted_teams=own).filter(granted_teams=len(wanted))
        allowed |= Q(id__in=every.values("id"))
    return list(_usable().filter(allowed, modality=modality).order_by("name", "slug"))


def enabled_models(ids: Iterable[UUID], modality: str) -> list[Model]:
    """Those of the models that are on, whoever may use them: a call asks for the caller's grant."""
    return list(_usable().filter(id__in=list(ids), modality=modality))


def default_model(team_id: UUID | None) -> Model | None:
    """The chat model a new chat begins with: the team's default, else Everyone's, else the first by name."""
    grants = (
        Grant.objects.filter(_of_team(team_id), model__modality=CHAT)
        .filter(model__is_enabled=True, model__connection__is_enabled=True)
        .exclude(model__connection__vendor=EXTRACTIVE, is_default=False)
        .select_related("model__connection")
        .order_by("-is_default", F("team__is_everyone").asc(), "model__name")[:1]
    )
    for grant in grants:
        return grant.model  # type: ignore[no-any-return]  # TenantForeignKey is untyped
    return extractive_model(team_id)


def extractive_model(team_id: UUID | None) -> Model | None:
    """The model that answers by quotes without any host, if the team may use one."""
    return granted_model(BY_VENDOR, team_id, {"vendor": EXTRACTIVE, "modality": CHAT})


def model_by_slug(team_id: UUID | None, slug: str, modality: str | None = CHAT) -> Model:
    """The model of that slug, if the team may use it; raises ModelNotFoundError, whatever the reason."""
    model = None
    if "\x00" not in slug:
        model = granted_model(BY_SLUG, team_id, {"slug": slug, "modality": modality})
    if model is None:
        raise ModelNotFoundError
    return model


def moderators() -> list[tuple[str, str]]:
    """The chat models that a rule may ask, as (id, name): all that are on and read what they are asked."""
    models = _usable().filter(modality=CHAT).exclude(connection__vendor=EXTRACTIVE)
    return [(str(model.pk), model.name) for model in models.order_by("name", "slug")]
