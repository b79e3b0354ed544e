"""REST of accounts: oneself, keys, notifications, and for administrators people and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts import selectors, services
from apps.accounts.addresses import tenant_url
from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.accounts.api.serializers import (
    ApiKeyCreatedOutput,
    ApiKeyInput,
    ApiKeyOutput,
    CursorQuery,
    MeInput,
    MeOutput,
    NotificationOutput,
    PersonCreatedOutput,
    PersonInput,
    PersonOutput,
    TeamInput,
    TeamOutput,
    page_output,
)
from apps.accounts.models import LinkKind
from apps.rest.errors import invalid
from apps.rest.pages import page_of
from apps.rest.serializers import InputSerializer, ProblemOutput

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

ApiKeyPage = page_output("ApiKeyPage", ApiKeyOutput)
PersonPage = page_output("PersonPage", PersonOutput)
TeamPage = page_output("TeamPage", TeamOutput)
NotificationPage = page_output("NotificationPage", NotificationOutput)


def valid(form: type[InputSerializer], request: Request) -> dict[str, Any]:
    """The body's validated values; raises 400 with its fields."""
    read = form(data=request.data)
    read.is_valid(raise_exception=True)
    values: dict[str, Any] = read.validated_data
    return values


def listed(request: Request, rows: QuerySet[Any], output: type[Serializer[Any]]) -> Response:
    """A page of the rows, newest first."""
    found, following = page_of(request, rows)
    return Response({"results": output(found, many=True).data, "next": following})


CHAT_SETTINGS: Final = ("send_key", "follows_answers", "reads_answers")


class MeApi(TenantApi):
    """Who is asking, and the settings of their own that they may change."""

    @extend_schema(operation_id="me_read", responses={200: MeOutput, 401: ProblemOutput})
    def get(self, request: Request) -> Response:
        """Who is asking: the person of the session or of the API key."""
        return Response(MeOutput(selectors.me(self.actor)).data)

    @extend_schema(operation_id="me_update", request=MeInput, responses={200: MeOutput, 400: ProblemOutput})
    def patch(self, request: Request) -> Response:
        """Change one's own name, theme, language, or how the chat page behaves."""
        values = valid(MeInput, request)
        user = services.user_update(
            actor=self.actor,
            name=values.get("name"),
            theme=values.get("theme"),
            language=values.get("language"),
        )
        chat = {name: values[name] for name in CHAT_SETTINGS if name in values}
        if chat:
            user = services.chat_settings_set(actor=self.actor, **chat)
        return Response(MeOutput(selectors.me(self.actor, user)).data)


class ApiKeyListApi(TenantApi):
    """One's own API keys. A key may not make keys, unless it administers."""

    scope = "admin"

    @extend_schema(operation_id="api_key_list", parameters=[CursorQuery], responses={200: ApiKeyPage})
    def get(self, request: Request) -> Response:
        """One's own keys, newest first, without their secrets."""
        return listed(request, selectors.api_keys_of(self.actor.user_id), ApiKeyOutput)

    @extend_schema(
        operation_id="api_key_create",
        request=ApiKeyInput,
        responses={201: ApiKeyCreatedOutput, 400: ProblemOutput, 403: ProblemOutput},
    )
    def post(self, request: Request) -> Response:
        """Make a key; its text is in this answer only, so an Idempotency-Key does not repeat it."""
        values = valid(ApiKeyInput, request)
        team = selectors.team_of(self.actor, values["team_id"])
        if team is None:
            raise invalid([{"field": "team_id", "message": "Choose a team that you are in."}])
        key, text = services.api_key_create(
            actor=self.actor,
            slug=request.tenant.slug,  # type: ignore[attr-defined]  # named by TenantApi
            user=self.actor.user,
            team=team,
            name=values["name"],
            scopes=values.get("scopes"),
            expires_at=values["expires_at"],
        )
        return Response({**ApiKeyOutput(key).data, "key": text}, status=201)


class ApiKeyDetailApi(TenantApi):
    """One of one's own keys."""

    scope = "admin"

    @extend_schema(operation_id="api_key_revoke", responses={204: None, 404: ProblemOutput})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke the key: it stops working at once."""
        services.api_key_revoke(actor=self.actor, key=selectors.access_api_key(self.actor, key_id))
        return Response(status=204)


class PersonListApi(TenantApi):
    """The organisation's people, for administrators."""

    capability = "people.manage"

    @extend_schema(
        operation_id="person_list",
        parameters=[CursorQuery],
        responses={200: PersonPage, 403: ProblemOutput},
    )
    def get(self, request: Request) -> Response:
        """All people, newest first."""
        return listed(request, selectors.people().prefetch_related(None), PersonOutput)

    @extend_schema(
        operation_id="person_create",
        request=PersonInput,
        responses={201: PersonCreatedOutput, 400: ProblemOutput, 403: ProblemOutput},
    )
    def post(self, request: Request) -> Response:
        """Add a person; the answer holds the one-time link that lets them in. Nothing is mailed."""
        user = services.user_create(actor=self.actor, **valid(PersonInput, request))
        path = services.one_time_link_create(actor=self.actor, kind=LinkKind.INVITE, user=user)
        link = tenant_url(self.actor.tenant_id, path)
        return Response({**PersonOutput(user).data, "link": link}, status=201)


class TeamListApi(IdempotentMixin, TenantApi):
    """The organisation's teams, for administrators."""

    capability = "teams.manage"

    @extend_schema(
        operation_id="team_list", parameters=[CursorQuery], responses={200: TeamPage, 403: ProblemOutput}
    )
    def get(self, request: Request) -> Response:
        """All teams, newest first."""
        return listed(request, selectors.teams(), TeamOutput)

    @extend_schema(
        operation_id="team_create",
        request=TeamInput,
        responses={201: TeamOutput, 400: ProblemOutput, 403: ProblemOutput, 422: ProblemOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a team. Safe to repeat with the same Idempotency-Key."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        """Make the team."""
        team = services.team_create(actor=self.actor, name=valid(TeamInput, request)["name"])
        return Response(TeamOutput(team).data, status=201)


class NotificationListApi(TenantApi):
    """The person's own notifications."""

    @extend_schema(
        operation_id="notification_list", parameters=[CursorQuery], responses={200: NotificationPage}
    )
    def get(self, request: Request) -> Response:
        """One's own notifications, newest first."""
        return listed(request, selectors.notifications_of(self.actor.user_id), NotificationOutput)


class NotificationReadApi(TenantApi):
    """Marks notifications as read."""

    @extend_schema(operation_id="notification_read", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Mark all of one's own notifications as read."""
        services.notifications_read(user_id=self.actor.user_id)
        return Response(status=204)
