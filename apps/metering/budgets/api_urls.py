"""Routes of budgets below /api/v1/."""

from django.urls import path

from apps.metering.budgets import api

urlpatterns = [
    path("budgets", api.BudgetListApi.as_view(), name="api-budgets"),
    path("budgets/<uuid:budget_id>", api.BudgetApi.as_view(), name="api-budget"),
    path("me/budgets", api.OwnBudgetsApi.as_view(), name="api-me-budgets"),
    path("budget-requests", api.BudgetRequestListApi.as_view(), name="api-budget-requests"),
    path("budget-requests/<uuid:request_id>", api.BudgetRequestApi.as_view(), name="api-budget-request"),
    path(
        "budget-requests/<uuid:request_id>/decision",
        api.DecisionApi.as_view(),
        name="api-budget-request-decision",
    ),
]
