"""Mistral's list of models, which says what each can do."""

from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import ListedModel, Modality
from apps.llm.vendors.model_list import models_of

_ABILITIES = (
    ("completion_chat", Modality.CHAT),
    ("audio_transcription", Modality.SPEECH),
    ("audio_speech", Modality.SPEECH),
)
_OTHER_USES = ("ocr", "moderation", "classifier")


def mistral_models(answer: object) -> list[ListedModel]:
    """The models in the host's order; what neither talks, listens nor embeds (OCR, …) is left out."""
    rows = answer.get("data", []) if isinstance(answer, dict) else answer
    said = {row.get("id"): row for row in rows if isinstance(row, dict)} if isinstance(rows, list) else {}
    found = []
    for model in models_of(answer):
        modality = _modality(model, said.get(model.id, {}).get("capabilities"))
        if modality is not None:
            found.append(ListedModel(model.id, modality, model.context_window))
    return found


def _modality(model: ListedModel, abilities: Mapping[str, Any] | None) -> Modality | None:
    """What the host says of the model, else what its name says."""
    if model.modality is Modality.EMBEDDING:
        return Modality.EMBEDDING
    if any(word in model.id for word in _OTHER_USES):
        return None
    if not isinstance(abilities, Mapping) or not abilities:
        return model.modality
    return next((modality for name, modality in _ABILITIES if abilities.get(name)), None)
