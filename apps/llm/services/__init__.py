"""Writes of connections, models, grants and checks: each one transaction, each audited.

Every function runs inside the tenant's scope. `actor` is None for the operator's commands. Bad input raises
django's ValidationError by field, in words for the person; then nothing was saved.
"""

from apps.llm.policy.services import grants_change, parameters_set
from apps.llm.services.builtin import builtin_connection_ensure
from apps.llm.services.checks import connection_check_start
from apps.llm.services.connections import connection_create, connection_delete, connection_update
from apps.llm.services.deployments import Place, deployments_set
from apps.llm.services.grants import default_set, model_grants_set, team_grants_set
from apps.llm.services.models import (
    Offer,
    model_offer,
    model_reset,
    model_update,
    models_reset,
    models_set_state,
)
from apps.llm.services.trials import model_trial_start

__all__ = [
    "Offer",
    "Place",
    "builtin_connection_ensure",
    "connection_check_start",
    "connection_create",
    "connection_delete",
    "connection_update",
    "default_set",
    "deployments_set",
    "grants_change",
    "model_grants_set",
    "model_offer",
    "model_reset",
    "model_trial_start",
    "model_update",
    "models_reset",
    "models_set_state",
    "parameters_set",
    "team_grants_set",
]
