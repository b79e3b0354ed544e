"""Routes below /api/v1/."""

from django.urls import path

from apps.llm.api import connections, health, models, offered, policy
from apps.llm.clearances import api as clearances
from apps.llm.routes import api as routes

ONE = "connections/<uuid:connection_id>"

ROUTE = "routes/<uuid:route_id>"

urlpatterns = [
    path("routes", routes.RouteListApi.as_view(), name="api-routes"),
    path(ROUTE, routes.RouteApi.as_view(), name="api-route"),
    path(f"{ROUTE}/grants", routes.RouteGrantsApi.as_view(), name="api-route-grants"),
    path(f"{ROUTE}/trial", routes.RouteTrialApi.as_view(), name="api-route-trial"),
    path(f"{ROUTE}/dry-run", routes.RouteDryRunApi.as_view(), name="api-route-dry-run"),
    path("connections", connections.ConnectionListApi.as_view(), name="api-connections"),
    path("connections/health", health.HealthListApi.as_view(), name="api-connections-health"),
    path(f"{ONE}/health", health.ConnectionHealthApi.as_view(), name="api-connection-health"),
    path(ONE, connections.ConnectionApi.as_view(), name="api-connection"),
    path(f"{ONE}/test", connections.ConnectionTestApi.as_view(), name="api-connection-test"),
    path(f"{ONE}/listing", connections.ConnectionListingApi.as_view(), name="api-connection-listing"),
    path(
        f"{ONE}/checks/<uuid:check_id>", connections.ConnectionCheckApi.as_view(), name="api-connection-check"
    ),
    path(f"{ONE}/models", connections.ConnectionModelsApi.as_view(), name="api-connection-models"),
    path(f"{ONE}/available-models", offered.AvailableModelListApi.as_view(), name="api-available-models"),
    path(f"{ONE}/clearance", clearances.ConnectionClearanceApi.as_view(), name="api-connection-clearance"),
    path(
        "models/<uuid:model_id>/clearance", clearances.ModelClearanceApi.as_view(), name="api-model-clearance"
    ),
    path("data-class-report", clearances.DataClassReportApi.as_view(), name="api-data-class-report"),
    path("offered-models", offered.OfferedModelListApi.as_view(), name="api-offered-models"),
    path("offered-models/state", offered.OfferedModelStateApi.as_view(), name="api-offered-models-state"),
    path("models/<uuid:model_id>/trial", models.ModelTrialApi.as_view(), name="api-model-trial"),
    path("models/<uuid:model_id>/reset", models.ModelResetApi.as_view(), name="api-model-reset"),
    path("models/<uuid:model_id>", models.ModelApi.as_view(), name="api-model"),
    path(
        "models/<uuid:model_id>/deployments",
        health.ModelDeploymentsApi.as_view(),
        name="api-model-deployments",
    ),
    path("models/<uuid:model_id>/grants", models.ModelGrantsApi.as_view(), name="api-model-grants"),
    path("me/default-model", policy.MyDefaultApi.as_view(), name="api-my-default"),
    path("me/policy", policy.MyPolicyApi.as_view(), name="api-my-policy"),
    path("people/<uuid:user_id>/policy", policy.PersonPolicyApi.as_view(), name="api-person-policy"),
    path("grants", policy.GrantListApi.as_view(), name="api-grants"),
    path("teams/<uuid:team_id>/parameters", policy.TeamParametersApi.as_view(), name="api-team-parameters"),
    path(
        "teams/<uuid:team_id>/models/<uuid:model_id>/parameters",
        policy.TeamModelParametersApi.as_view(),
        name="api-team-model-parameters",
    ),
    path(
        "teams/<uuid:team_id>/default-model",
        models.TeamDefaultModelApi.as_view(),
        name="api-team-default-model",
    ),
]
