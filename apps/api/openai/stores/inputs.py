"""What these endpoints take. A field that is not known is refused, never silently dropped."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from apps.api.openai.stores.ids import FILE, read_id
from apps.knowledge.services import MOST_QUERY
from apps.knowledge.stores.matching import UnreadableFilterError, check
from apps.knowledge.stores.services import Wish
from apps.knowledge.versioning import LARGEST_CHUNK, SMALLEST_CHUNK
from apps.rest.serializers import InputSerializer

PURPOSES: Final = ("assistants", "user_data", "vision")
MOST_FILES: Final = 500
MOST_PAIRS: Final = 16
LONGEST_KEY: Final = 64
LONGEST_VALUE: Final = 512
CHARACTERS: Final = 4
"""Of a token, where sizes are given in tokens."""


class FileIdField(serializers.Field[Any, Any, Any, Any]):
    """A file's id, as UUID; one of another shape names nothing, which looks the same as one that is gone."""

    def to_internal_value(self, data: Any) -> Any:
        """Our id."""
        found = read_id(FILE, data) if isinstance(data, str) else None
        if found is None:
            raise serializers.ValidationError("A file's id begins with file-.")
        return found

    def to_representation(self, value: Any) -> Any:
        """OpenAI's."""
        return f"{FILE}{value.hex}"


class PairsField(serializers.DictField):
    """Up to 16 short keys with strings, and with `is_wide` also numbers and booleans."""

    def __init__(self, *, is_wide: bool, **options: Any) -> None:
        super().__init__(**options)
        self._kinds: tuple[type, ...] = (str, int, float, bool) if is_wide else (str,)

    def to_internal_value(self, data: Any) -> Any:
        """The pairs, checked."""
        pairs = super().to_internal_value(data)
        for key, value in pairs.items():
            is_long = isinstance(value, str) and len(value) > LONGEST_VALUE
            if len(key) > LONGEST_KEY or is_long or not isinstance(value, self._kinds):
                raise serializers.ValidationError(
                    f"Keys have up to {LONGEST_KEY} characters, values up to {LONGEST_VALUE}."
                )
        if len(pairs) > MOST_PAIRS:
            raise serializers.ValidationError(f"At most {MOST_PAIRS} pairs.")
        return pairs


class ExpiryInput(InputSerializer):
    """How long a store lives after its last use."""

    anchor = serializers.ChoiceField(["last_active_at"])
    days = serializers.IntegerField(min_value=1, max_value=365)


class StaticInput(InputSerializer):
    """The length of passages in tokens; they always overlap by 15%."""

    max_chunk_size_tokens = serializers.IntegerField(
        min_value=SMALLEST_CHUNK // CHARACTERS, max_value=LARGEST_CHUNK // CHARACTERS
    )
    chunk_overlap_tokens = serializers.IntegerField(min_value=0, required=False)


class ChunkingInput(InputSerializer):
    """`auto`, or `static` with sizes."""

    type = serializers.ChoiceField(["auto", "static"])
    static = StaticInput(required=False)


class WishInput(InputSerializer):
    """How a file is to be taken in."""

    attributes = PairsField(is_wide=True, required=False, allow_null=True)
    chunking_strategy = ChunkingInput(required=False)


class StoreFileInput(WishInput):
    """A file into a store."""

    file_id = FileIdField()


class BatchInput(WishInput):
    """Several files: alike by `file_ids`, or each in its own way by `files`."""

    file_ids = serializers.ListField(child=FileIdField(), required=False, max_length=MOST_FILES)
    files = StoreFileInput(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of both."""
        if (
            bool(attrs.get("file_ids")) == bool(attrs.get("files"))
            or len(attrs.get("files", ())) > MOST_FILES
        ):
            raise serializers.ValidationError({"file_ids": f"Give file_ids or files, up to {MOST_FILES}."})
        return attrs


class StoreInput(InputSerializer):
    """A new store."""

    name = serializers.CharField(max_length=120, required=False, allow_blank=True, allow_null=True)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)
    file_ids = serializers.ListField(child=FileIdField(), required=False, max_length=MOST_FILES)
    metadata = PairsField(is_wide=False, required=False, allow_null=True)
    expires_after = ExpiryInput(required=False, allow_null=True)
    chunking_strategy = ChunkingInput(required=False)


class StoreUpdateInput(InputSerializer):
    """What to change; what is left out stays, null takes away."""

    name = serializers.CharField(max_length=120, required=False, allow_null=True)
    metadata = PairsField(is_wide=False, required=False, allow_null=True)
    expires_after = ExpiryInput(required=False, allow_null=True)


class AttributesInput(InputSerializer):
    """What to say of a file from now on."""

    attributes = PairsField(is_wide=True, allow_null=True)


class RankingInput(InputSerializer):
    """The least score of a result; our own ranking serves whatever `ranker` is asked for."""

    ranker = serializers.CharField(required=False)
    score_threshold = serializers.FloatField(min_value=0, max_value=1, required=False)


class FilterField(serializers.JSONField):
    """Comparisons joined by `and` and `or`."""

    def to_internal_value(self, data: Any) -> Any:
        """The filter, checked."""
        try:
            check(data)
        except UnreadableFilterError as error:
            raise serializers.ValidationError(str(error)) from None
        return data


class QueryField(serializers.Field[Any, Any, Any, Any]):
    """A question, or several that are asked together."""

    def to_internal_value(self, data: Any) -> Any:
        """One text."""
        parts = data if isinstance(data, list) else [data]
        if not parts or not all(isinstance(part, str) for part in parts):
            raise serializers.ValidationError("A string, or a list of strings.")
        text = " ".join(" ".join(parts).split())
        if not text or len(text) > MOST_QUERY:
            raise serializers.ValidationError(f"From 1 to {MOST_QUERY} characters.")
        return text

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class SearchInput(InputSerializer):
    """A search in a store."""

    query = QueryField()
    filters = FilterField(required=False, allow_null=True)
    max_num_results = serializers.IntegerField(min_value=1, max_value=50, default=10)
    ranking_options = RankingInput(required=False)
    rewrite_query = serializers.BooleanField(required=False)


def wish_of(values: dict[str, Any]) -> Wish:
    """How a file is to be taken in, from checked values."""
    strategy = values.get("chunking_strategy") or {}
    static = strategy.get("static") if strategy.get("type") == "static" else None
    attributes = values.get("attributes") or {}
    if static is None:
        return Wish(attributes)
    return Wish(attributes, static["max_chunk_size_tokens"] * CHARACTERS)
