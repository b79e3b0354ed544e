"""Reads of models and connections, each inside the caller's tenant scope."""

from apps.llm.selectors.callables import CallableModel, callable_deployments
from apps.llm.selectors.catalogued import Difference, differences, facts_for, price_for
from apps.llm.selectors.granted import (
    default_model,
    enabled_models,
    extractive_model,
    model_by_slug,
    models_for_every_team,
    models_for_team,
    models_for_teams,
)
from apps.llm.selectors.shown import OWN, badges_of, owner_of, price_of, vendor_label

__all__ = [
    "OWN",
    "CallableModel",
    "Difference",
    "badges_of",
    "callable_deployments",
    "default_model",
    "differences",
    "enabled_models",
    "extractive_model",
    "facts_for",
    "model_by_slug",
    "models_for_every_team",
    "models_for_team",
    "models_for_teams",
    "owner_of",
    "price_for",
    "price_of",
    "vendor_label",
]
