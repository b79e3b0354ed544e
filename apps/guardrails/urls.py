"""Admin pages of policies."""

from django.urls import path

from apps.guardrails import views

TEAM = "admin/teams/<uuid:team_id>/policies"

urlpatterns = [
    path("admin/policies", views.PolicyView.as_view(), name="admin-policies"),
    path("admin/policies/try", views.TrialView.as_view(), name="admin-policies-try"),
    path(
        "admin/policies/trials/<uuid:run_id>",
        views.ConsultationView.as_view(),
        name="admin-policies-consultation",
    ),
    path("admin/policies/findings", views.FindingsView.as_view(), name="admin-policies-findings"),
    path("admin/policies/rules/new", views.RuleView.as_view(), name="admin-rule-new"),
    path("admin/policies/rules/<uuid:rule_id>", views.RuleView.as_view(), name="admin-rule"),
    path(
        "admin/policies/rules/<uuid:rule_id>/action", views.RuleActionView.as_view(), name="admin-rule-action"
    ),
    path(TEAM, views.PolicyView.as_view(), name="admin-team-policies"),
    path(f"{TEAM}/try", views.TrialView.as_view(), name="admin-team-policies-try"),
    path(f"{TEAM}/rules/new", views.RuleView.as_view(), name="admin-team-rule-new"),
    path(f"{TEAM}/rules/<uuid:rule_id>", views.RuleView.as_view(), name="admin-team-rule"),
    path(
        f"{TEAM}/rules/<uuid:rule_id>/action",
        views.RuleActionView.as_view(),
        name="admin-team-rule-action",
    ),
]
