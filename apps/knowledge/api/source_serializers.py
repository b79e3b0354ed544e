"""What the endpoints of sources take and give. Outputs describe apps.knowledge.connectors.outputs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.connectors.models import SourceState
from apps.rest.serializers import InputSerializer

MOST_SECRET = 10_000
_SETTINGS_HELP = "By name, as GET /source-kinds lists them for the kind."


class SourceUpdateInput(InputSerializer):
    """What to change; a field that is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    settings = serializers.DictField(
        child=serializers.CharField(max_length=1024, allow_blank=True),
        required=False,
        help_text=_SETTINGS_HELP,
    )
    secret = serializers.CharField(
        max_length=MOST_SECRET, required=False, write_only=True, help_text="Sealed, and never given back."
    )
    every_minutes = serializers.IntegerField(
        required=False, help_text="0 (only when asked), 15, 60, 360, 1440 or 10080."
    )
    is_paused = serializers.BooleanField(required=False)


class SourceCreateInput(InputSerializer):
    """A new source."""

    name = serializers.CharField(max_length=120)
    kind = serializers.CharField(max_length=32)
    knowledge_base_id = serializers.UUIDField()
    settings = serializers.DictField(
        child=serializers.CharField(max_length=1024, allow_blank=True), help_text=_SETTINGS_HELP
    )
    secret = serializers.CharField(
        max_length=MOST_SECRET, required=False, write_only=True, help_text="Sealed, and never given back."
    )
    every_minutes = serializers.IntegerField(
        required=False, help_text="0 (only when asked), 15, 60 (unless given), 360, 1440 or 10080."
    )


class SourceFieldOutput(serializers.Serializer[Any]):
    """A setting of a kind."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own attribute is not used here
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # as above
    secret = serializers.BooleanField()
    default = serializers.CharField()


class SourceKindOutput(serializers.Serializer[Any]):
    """A kind of source."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own attribute is not used here
    purpose = serializers.CharField()
    readers = serializers.CharField(help_text="Who may read what it brings.")
    mirrors_permissions = serializers.BooleanField()
    fields = SourceFieldOutput(many=True)  # type: ignore[assignment]  # as above


class LastSyncOutput(serializers.Serializer[Any]):
    """What the last sync did, counted in files."""

    at = serializers.DateTimeField(allow_null=True)
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()
    failed = serializers.IntegerField()


class SourceOutput(serializers.Serializer[Any]):
    """A source, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    knowledge_base = NamedOutput()
    settings = serializers.DictField(child=serializers.CharField())
    has_secret = serializers.BooleanField()
    every_minutes = serializers.IntegerField()
    is_paused = serializers.BooleanField()
    state = serializers.ChoiceField(SourceState.choices)
    error = serializers.CharField(allow_blank=True, help_text="Why the last sync failed, and what to do.")
    note = serializers.CharField(allow_blank=True)
    readers = serializers.CharField(help_text="Who may read what it brings.")
    documents = serializers.IntegerField()
    left_out = serializers.IntegerField()
    last_sync = LastSyncOutput()
    next_sync_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SourcePage(serializers.Serializer[Any]):
    """A page of sources, newest first."""

    results = SourceOutput(many=True)
    next = serializers.CharField(allow_null=True)


class SourceItemOutput(serializers.Serializer[Any]):
    """A file of a source."""

    id = serializers.UUIDField()
    key = serializers.CharField(help_text="Its place in the source.")
    link = serializers.CharField(allow_blank=True, help_text="Leads back to it.")
    document_id = serializers.UUIDField(allow_null=True)
    problem = serializers.CharField(allow_blank=True, help_text="Why it was left out.")
    updated_at = serializers.DateTimeField()


class SourceItemPage(serializers.Serializer[Any]):
    """A page of a source's files."""

    results = SourceItemOutput(many=True)
    next = serializers.CharField(allow_null=True)
