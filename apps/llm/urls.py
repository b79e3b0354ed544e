"""Admin pages of providers and models."""

from django.urls import path

from apps.llm.clearances.urls import urlpatterns as clearances
from apps.llm.routes.urls import urlpatterns as routes
from apps.llm.views import deployments, health, model_list, models, provider_models, providers
from apps.llm.views.policy import MyModelsView, PersonModelsView
from apps.llm.views.teams import TeamModelsView, TeamModelView, TeamsModelsView

urlpatterns = [
    *routes,
    *clearances,
    path("admin/providers", providers.ProviderListView.as_view(), name="admin-providers"),
    path("admin/providers/health", health.HealthView.as_view(), name="admin-providers-health"),
    path(
        "admin/providers/<uuid:connection_id>/health",
        health.ProviderHealthView.as_view(),
        name="admin-provider-health",
    ),
    path("admin/providers/new", providers.ProviderChooseView.as_view(), name="admin-provider-choose"),
    path("admin/providers/new/<slug:vendor>", providers.ProviderAddView.as_view(), name="admin-provider-add"),
    path("admin/providers/<uuid:connection_id>", providers.ProviderView.as_view(), name="admin-provider"),
    path(
        "admin/providers/<uuid:connection_id>/edit",
        providers.ProviderEditView.as_view(),
        name="admin-provider-edit",
    ),
    path(
        "admin/providers/<uuid:connection_id>/delete",
        providers.ProviderDeleteView.as_view(),
        name="admin-provider-delete",
    ),
    path(
        "admin/providers/<uuid:connection_id>/checks",
        providers.ProviderCheckView.as_view(),
        name="admin-provider-checks",
    ),
    path(
        "admin/providers/<uuid:connection_id>/models",
        provider_models.ProviderModelsView.as_view(),
        name="admin-provider-models",
    ),
    path("admin/models", model_list.ModelListView.as_view(), name="admin-models"),
    path("admin/models/chosen", model_list.ModelBulkView.as_view(), name="admin-models-chosen"),
    path("admin/models/export", model_list.ModelExportView.as_view(), name="admin-models-export"),
    path("admin/models/<uuid:model_id>", models.ModelView.as_view(), name="admin-model"),
    path("admin/models/<uuid:model_id>/trial", models.ModelTrialView.as_view(), name="admin-model-trial"),
    path(
        "admin/models/<uuid:model_id>/trials/<uuid:trial_id>",
        models.ModelTrialResultView.as_view(),
        name="admin-model-trial-result",
    ),
    path(
        "admin/models/<uuid:model_id>/trials/<uuid:trial_id>/stop",
        models.ModelTrialStopView.as_view(),
        name="admin-model-trial-stop",
    ),
    path("admin/models/<uuid:model_id>/reset", models.ModelResetView.as_view(), name="admin-model-reset"),
    path("admin/models/<uuid:model_id>/teams", models.ModelTeamsView.as_view(), name="admin-model-teams"),
    path(
        "admin/models/<uuid:model_id>/deployments",
        deployments.ModelDeploymentsView.as_view(),
        name="admin-model-deployments",
    ),
    path("admin/teams/models", TeamsModelsView.as_view(), name="admin-teams-models"),
    path("admin/teams/<uuid:team_id>/models", TeamModelsView.as_view(), name="admin-team-models"),
    path(
        "admin/teams/<uuid:team_id>/models/<uuid:model_id>",
        TeamModelView.as_view(),
        name="admin-team-model",
    ),
    path("admin/people/<uuid:user_id>/models", PersonModelsView.as_view(), name="admin-person-models"),
    path("settings/models", MyModelsView.as_view(), name="settings-models"),
]
