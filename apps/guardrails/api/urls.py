"""Routes below /api/v1/."""

from django.urls import path

from apps.guardrails.api import views

ONE = "policies/<uuid:team_id>"

urlpatterns = [
    path("policies", views.PolicyListApi.as_view(), name="api-policies"),
    path("policies/findings", views.FindingsApi.as_view(), name="api-policies-findings"),
    path(ONE, views.TeamPolicyApi.as_view(), name="api-policy"),
    path(f"{ONE}/rules", views.RuleListApi.as_view(), name="api-policy-rules"),
    path(f"{ONE}/rules/<uuid:rule_id>", views.RuleApi.as_view(), name="api-policy-rule"),
    path(f"{ONE}/rules/<uuid:rule_id>/override", views.RuleOverrideApi.as_view(), name="api-policy-override"),
    path(f"{ONE}/versions", views.PolicyVersionListApi.as_view(), name="api-policy-versions"),
    path(f"{ONE}/try", views.PolicyTrialApi.as_view(), name="api-policy-try"),
]
