"""Bases of input serializers: what an endpoint does not know is refused, never silently dropped."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class InputSerializer(serializers.Serializer[Any]):
    """Input of an endpoint; raises 400 for a field that it does not name."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; unknown fields are errors of their own."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: ["This field is not known here."] for name in unknown})
        return super().to_internal_value(data)


class ProblemFieldOutput(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemOutput(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="What happened.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is safe and what to do.")
    code = serializers.CharField(help_text="For programs: stays the same.")
    errors = ProblemFieldOutput(many=True, required=False)  # type: ignore[assignment]  # RFC 9457's extension has DRF's name
    reference = serializers.CharField(required=False, help_text="Names the fault in the server's log.")
