"""What the endpoints of connections and models take and give. No output ever holds a key."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.llm.catalogue import ABILITIES
from apps.llm.models import MODALITIES, Model
from apps.llm.selectors import differences, price_for
from apps.llm.selectors.catalogued import RESETTABLE
from apps.llm.services.models import MOST_INSTRUCTIONS


class ConnectionCreateInput(serializers.Serializer[Any]):
    """A new connection. `settings` are the vendor's own fields."""

    vendor = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=100)
    base_url = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    key = serializers.CharField(max_length=10_000, required=False, default="", allow_blank=True)
    settings = serializers.DictField(
        child=serializers.CharField(max_length=500), required=False, default=dict
    )


class ConnectionUpdateInput(serializers.Serializer[Any]):
    """What to change; a field that is left out stays. A new host needs `key` again."""

    name = serializers.CharField(max_length=100, required=False)
    base_url = serializers.CharField(max_length=500, required=False)
    key = serializers.CharField(max_length=10_000, required=False)
    settings = serializers.DictField(child=serializers.CharField(max_length=500), required=False)
    is_enabled = serializers.BooleanField(required=False)


class ConnectionOutput(serializers.Serializer[Any]):
    """A connection; of its key only whether there is one, and the last four characters."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    vendor = serializers.CharField()
    base_url = serializers.CharField()
    settings = serializers.DictField(child=serializers.CharField())
    has_key = serializers.BooleanField()
    key_last4 = serializers.CharField()
    is_enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConnectionPage(serializers.Serializer[Any]):
    """A cursor page of connections."""

    results = ConnectionOutput(many=True)
    next = serializers.CharField(allow_null=True)


class FoundModel(serializers.Serializer[Any]):
    """A model as its host lists it."""

    id = serializers.CharField()
    modality = serializers.CharField()
    context_window = serializers.IntegerField(allow_null=True)


class CheckOutput(serializers.Serializer[Any]):
    """A test or listing that a worker makes: ask again until `state` is done or failed."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    error_kind = serializers.CharField()
    message = serializers.CharField()
    found = FoundModel(many=True)
    ms = serializers.IntegerField(allow_null=True)


class OfferInput(serializers.Serializer[Any]):
    """A model to offer, by the host's id; without a modality it is inferred from the id."""

    vendor_model = serializers.CharField(max_length=200)
    modality = serializers.ChoiceField(choices=MODALITIES, required=False)


class OffersInput(serializers.Serializer[Any]):
    """Models to offer; those that are known already stay as they are."""

    models = serializers.ListField(child=OfferInput(), allow_empty=False, max_length=200)


class ModelUpdateInput(serializers.Serializer[Any]):
    """What to change; a field that is left out stays. Prices are per 1,000,000 tokens and go together.

    `price_unit` is of one picture or search, for models that are sold so.
    """

    modality = serializers.ChoiceField(choices=MODALITIES, required=False)
    name = serializers.CharField(max_length=100, required=False)
    slug = serializers.CharField(max_length=100, required=False)
    purpose = serializers.CharField(max_length=200, required=False, allow_blank=True)
    instructions = serializers.CharField(max_length=MOST_INSTRUCTIONS, required=False, allow_blank=True)
    context_window = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True
    )
    max_output = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    abilities = serializers.ListField(child=serializers.ChoiceField(choices=ABILITIES), required=False)
    price_input = serializers.DecimalField(16, 6, min_value=0, required=False, allow_null=True)
    price_output = serializers.DecimalField(16, 6, min_value=0, required=False, allow_null=True)
    price_unit = serializers.DecimalField(16, 6, min_value=0, required=False, allow_null=True)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    is_enabled = serializers.BooleanField(required=False)


class PriceOutput(serializers.Serializer[Any]):
    """What holds now, per 1,000,000 tokens or for one picture or search; null is unknown, never 0.

    `origin`: set (by an administrator), list, free or unknown. `note` names the source, or why it is unknown.
    """

    origin = serializers.CharField()
    input = serializers.DecimalField(16, 6, allow_null=True)
    output = serializers.DecimalField(16, 6, allow_null=True)
    picture = serializers.DecimalField(16, 6, allow_null=True)
    search = serializers.DecimalField(16, 6, allow_null=True)
    currency = serializers.CharField()
    rises = serializers.BooleanField(help_text="Dearer for long prompts or reasoning.")
    note = serializers.CharField()


class DifferenceOutput(serializers.Serializer[Any]):
    """A value that was set here, and what the catalogue says, both in words."""

    field = serializers.CharField()
    own = serializers.CharField()
    catalogue = serializers.CharField()


class ModelOutput(serializers.Serializer[Any]):
    """A model for administrators; `price_…` are those set here, `price` is what holds."""

    id = serializers.UUIDField()
    connection_id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    vendor_model = serializers.CharField()
    modality = serializers.CharField()
    purpose = serializers.CharField()
    instructions = serializers.CharField()
    context_window = serializers.IntegerField(allow_null=True)
    max_output = serializers.IntegerField(allow_null=True)
    abilities = serializers.ListField(child=serializers.CharField())
    price_input = serializers.DecimalField(16, 6, allow_null=True)
    price_output = serializers.DecimalField(16, 6, allow_null=True)
    price_unit = serializers.DecimalField(16, 6, allow_null=True)
    currency = serializers.CharField()
    price = serializers.SerializerMethodField()
    differences = serializers.SerializerMethodField()
    is_enabled = serializers.BooleanField()

    @extend_schema_field(PriceOutput)
    def get_price(self, model: Model) -> Any:
        return PriceOutput(price_for(model)).data

    @extend_schema_field(DifferenceOutput(many=True))
    def get_differences(self, model: Model) -> Any:
        return DifferenceOutput(differences(model), many=True).data


class ModelPage(serializers.Serializer[Any]):
    """A cursor page of models."""

    results = ModelOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ModelStateInput(serializers.Serializer[Any]):
    """Which models to switch on or off."""

    model_ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=200)
    is_enabled = serializers.BooleanField()


class ModelResetInput(serializers.Serializer[Any]):
    """What to put back to the catalogue; everything when left out."""

    names = serializers.ListField(child=serializers.ChoiceField(choices=RESETTABLE), required=False)


class AvailableOutput(serializers.Serializer[Any]):
    """A model of the host, as its list and the catalogue describe it; `model_id`: it is offered already."""

    id = serializers.CharField()
    modality = serializers.CharField(source="facts.modality.value")
    context_window = serializers.IntegerField(source="facts.context_window", allow_null=True)
    max_output = serializers.IntegerField(source="facts.max_output", allow_null=True)
    abilities = serializers.ListField(source="facts.abilities", child=serializers.CharField())
    price = PriceOutput(source="facts.price")
    facts_from = serializers.CharField(source="facts.source")
    model_id = serializers.UUIDField(source="model.id", default=None, allow_null=True)


class AvailablePage(serializers.Serializer[Any]):
    """A page of the host's own list, by id; `total` counts all that it listed."""

    results = AvailableOutput(many=True)
    total = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)


class ModelList(serializers.Serializer[Any]):
    """Models of a connection."""

    results = ModelOutput(many=True)


class GrantsInput(serializers.Serializer[Any]):
    """Exactly the teams that may use the model; Everyone stands for all."""

    team_ids = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class GrantOutput(serializers.Serializer[Any]):
    """A team that may use the model."""

    team_id = serializers.UUIDField()
    team_name = serializers.CharField(source="team.name")
    is_default = serializers.BooleanField()


class GrantList(serializers.Serializer[Any]):
    """Every team that may use the model."""

    results = GrantOutput(many=True)


class DefaultInput(serializers.Serializer[Any]):
    """The model or route that the team's new chats begin with; null for Everyone's."""

    model_id = serializers.UUIDField(allow_null=True, required=False)
    route_id = serializers.UUIDField(allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two is named, and not both have a value."""
        if not attrs:
            raise serializers.ValidationError({"model_id": "Name a model or a route, or send null."})
        if attrs.get("model_id") and attrs.get("route_id"):
            raise serializers.ValidationError({"route_id": "A team has one default: a model or a route."})
        return attrs
