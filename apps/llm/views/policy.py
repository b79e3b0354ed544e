"""What applies to a person, and why: for themselves, and for administrators of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.pages import PersonPage
from apps.accounts.selectors import access_user, teams_of
from apps.llm.policy.person import policy_of, team_among, withheld_from
from apps.llm.policy.shown import told
from apps.llm.selectors import badges_of
from apps.llm.views.base import ModelsPage
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from apps.accounts.models import User
    from apps.llm.policy.person import Policy


class MyModelsView(TemplateResponseMixin, ContextMixin, PersonPage):
    """What the person who is signed in may use in each of their teams, and why."""

    template_name = "llm/my_models.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        policy = asked_policy(request, self.actor.user)
        return self.render_to_response(self.get_context_data(**shown_policy(policy)))


class PersonModelsView(ModelsPage):
    """The same for a person whom an administrator looks at, with what does not apply and why."""

    template_name = "llm/person_models.html"

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        person = access_user(user_id)
        policy = asked_policy(request, person)
        return self.page(person=person, withheld=withheld_from(policy), **shown_policy(policy))


def asked_policy(request: HttpRequest, person: User) -> Policy:
    """In the team of the person that the address names, Everyone without one; 404 for any other."""
    teams = list(teams_of(person.pk))
    team = team_among(teams, request.GET.get("team", ""))
    if team is None:
        raise not_found()
    return policy_of(teams, team, person=person.pk)


def shown_policy(policy: Policy) -> dict[str, Any]:
    """The policy as the template needs it."""
    rows = [
        {
            "applied": applied,
            "badges": badges_of(applied.model),
            "settings": told(applied.settings, policy.team),
        }
        for applied in policy.models
    ]
    return {"policy": policy, "rows": rows}
