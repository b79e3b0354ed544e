"""Pages of limits a minute: the organisation's defaults, and each team's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404

from apps.accounts.selectors import access_team
from apps.metering.known_models import known_models, model_names, name_of
from apps.metering.models import LimitOf
from apps.metering.pages import UNPROCESSABLE, CostPage
from apps.metering.rates.forms import LimitsForm, ModelLimitForm
from apps.metering.rates.selectors import all_limits, limits
from apps.metering.rates.services import Wanted, rate_limit_delete, rate_limit_set
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponseBase

    from apps.accounts.models import Team


class LimitsView(CostPage):
    """The organisation's limits, and which teams have their own."""

    template_name = "metering/limits.html"

    def get(self, request: Any, team_id: UUID | None = None) -> HttpResponseBase:
        """The forms and what is set."""
        return self._page(self._team(team_id), {})

    def post(self, request: Any, team_id: UUID | None = None) -> HttpResponseBase:
        """Save the limits of all kinds, add one of a model, or remove one."""
        self.require_manage()
        team = self._team(team_id)
        action = request.POST.get("action", "")
        if action == "remove":
            limit_id = id_of(request.POST.get("limit", ""))
            rate_limit_delete(
                actor=self.actor,
                limit=get_object_or_404(limits(team.pk if team else None), id=limit_id, of=LimitOf.MODEL),
            )
            return self.saved()
        return self._add_model(team) if action == "model" else self._set(team)

    def _set(self, team: Team | None) -> HttpResponseBase:
        form = self._limits_form(team, self.request.POST)

        def work(_: Any) -> None:
            for wanted in form.wanted():
                rate_limit_set(actor=self.actor, team=team, wanted=wanted)

        if self.took(form, work):
            return self.saved()
        return self._page(team, {"form": form}, UNPROCESSABLE)

    def _add_model(self, team: Team | None) -> HttpResponseBase:
        models = known_models()
        form = ModelLimitForm(self.request.POST, models=models)
        slugs = {str(model.id): model.slug for model in models}

        def work(said: dict[str, Any]) -> None:
            wanted = Wanted(
                LimitOf.MODEL,
                said["requests"],
                said["tokens"],
                id_of(said["model"]),
                slugs[said["model"]],
            )
            rate_limit_set(actor=self.actor, team=team, wanted=wanted)

        if self.took(form, work):
            return self.saved()
        return self._page(team, {"model_form": form}, UNPROCESSABLE)

    def _limits_form(self, team: Team | None, data: Any = None) -> LimitsForm:
        inherited = {limit.of: limit for limit in limits()} if team else None
        return LimitsForm(data, own=limits(team.pk if team else None), inherited=inherited)

    def _page(self, team: Team | None, forms: dict[str, Any], status: int = 200) -> HttpResponseBase:
        names = model_names()
        context = {
            "form": self._limits_form(team),
            "model_form": ModelLimitForm(models=known_models()),
        } | forms
        return self.page(
            status=status,
            team=team,
            model_limits=[
                (limit, name_of(names, limit.model_id, limit.model_slug))
                for limit in limits(team.pk if team else None)
                if limit.of == LimitOf.MODEL
            ],
            others=[
                (limit, name_of(names, limit.model_id, limit.model_slug))
                for limit in (all_limits() if team is None else [])
                if limit.team_id
            ],
            **context,
        )

    def _team(self, team_id: UUID | None) -> Team | None:
        return None if team_id is None else access_team(team_id)


class TeamLimitsView(LimitsView):
    """A team's own limits, which replace the organisation's of the same kind."""

    template_name = "metering/team_limits.html"
