"""Bedrock's lists of foundation models and inference profiles as models to offer."""

from typing import Any

from apps.llm.vendors.base import ErrorKind, ListedModel, Modality
from apps.llm.vendors.errors import error
from apps.llm.vendors.event_json import mapping

_OUTPUTS = {"EMBEDDING": Modality.EMBEDDING, "IMAGE": Modality.IMAGE, "SPEECH": Modality.SPEECH}


def models_of(foundation: object, profiles: list[dict[str, Any]]) -> list[ListedModel]:
    """Models that answer on demand, then the inference profiles through which newer ones are called."""
    rows = mapping(foundation).get("modelSummaries")
    if not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no list of models in the answer")
    named = {str(row["modelId"]): row for row in rows if isinstance(row, dict) and "modelId" in row}
    found = [
        ListedModel(name, _modality(name, row))
        for name, row in named.items()
        if "ON_DEMAND" in (row.get("inferenceTypesSupported") or ["ON_DEMAND"])
    ]
    for profile in profiles:
        name = str(profile.get("inferenceProfileId") or "")
        arns = [str(mapping(model).get("modelArn") or "") for model in profile.get("models") or []]
        behind = arns[0].rpartition("/")[2] if arns else ""
        if name:
            found.append(ListedModel(name, _modality(behind or name, named.get(behind, {}))))
    return found


def _modality(name: str, row: dict[str, Any]) -> Modality:
    if "rerank" in name:
        return Modality.RERANK
    outputs = row.get("outputModalities") or []
    if "TEXT" in outputs:
        return Modality.CHAT
    fallback = Modality.EMBEDDING if "embed" in name else Modality.CHAT
    return next((_OUTPUTS[output] for output in outputs if output in _OUTPUTS), fallback)
