"""What the REST endpoints of accounts take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import ReadsAnswers, Role, SendKey, Team, Theme
from apps.accounts.permissions import SCOPES
from apps.rest.serializers import InputSerializer


class TenantOutput(serializers.Serializer[Any]):
    """The organisation."""

    slug = serializers.CharField()
    name = serializers.CharField()


class TeamShortOutput(serializers.Serializer[Any]):
    """A team, for a choice."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_everyone = serializers.BooleanField()


class MeOutput(serializers.Serializer[Any]):
    """Who is asking."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)
    tenant = TenantOutput()
    teams = TeamShortOutput(many=True)
    theme = serializers.ChoiceField(Theme.choices)
    send_key = serializers.ChoiceField(SendKey.choices)
    follows_answers = serializers.BooleanField(help_text="The chat page scrolls with an answer.")
    reads_answers = serializers.ChoiceField(ReadsAnswers.choices, help_text="What a screen reader is told.")
    language = serializers.CharField()
    unread_notifications = serializers.IntegerField()


class MeInput(InputSerializer):
    """What one may change about oneself; what is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    theme = serializers.ChoiceField(Theme.choices, required=False)
    send_key = serializers.ChoiceField(SendKey.choices, required=False)
    follows_answers = serializers.BooleanField(required=False)
    reads_answers = serializers.ChoiceField(ReadsAnswers.choices, required=False)
    language = serializers.RegexField(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$", required=False)


class ApiKeyOutput(serializers.Serializer[Any]):
    """A key, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    team_id = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.ChoiceField(SCOPES))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class ApiKeyCreatedOutput(ApiKeyOutput):
    """A new key with its text, which is never shown again."""

    key = serializers.CharField()


class ApiKeyInput(InputSerializer):
    """A key to make. Without a team it acts in Everyone; without scopes it may do all but administer."""

    name = serializers.CharField(max_length=80)
    team_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    scopes = serializers.ListField(child=serializers.ChoiceField(SCOPES), required=False, min_length=1)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class PersonOutput(serializers.Serializer[Any]):
    """A person of the organisation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)


class PersonCreatedOutput(PersonOutput):
    """A new person with the one-time link that lets them in; it is never shown again."""

    link = serializers.URLField()


class PersonInput(InputSerializer):
    """A person to add."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(Role.choices, default=Role.MEMBER)


class TeamOutput(TeamShortOutput):
    """A team."""

    slug = serializers.CharField()
    created_at = serializers.DateTimeField()
    members = serializers.SerializerMethodField(help_text="Null for Everyone: all active people.")

    def get_members(self, team: Team) -> int | None:
        """How many people were put into the team."""
        return None if team.is_everyone else getattr(team, "members", 0)


class TeamInput(InputSerializer):
    """A team to make."""

    name = serializers.CharField(max_length=80)


class NotificationOutput(serializers.Serializer[Any]):
    """A short message to the person."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    url = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class CursorQuery(serializers.Serializer[Any]):
    """Where a page of a list begins and how long it is."""

    cursor = serializers.CharField(required=False, help_text="`next` of the page before.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)


def page_output(name: str, item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """A page of a list, for the schema."""
    fields = {"results": item(many=True), "next": serializers.CharField(allow_null=True)}
    return type(name, (serializers.Serializer,), {"__doc__": "A page of the list."} | fields)
