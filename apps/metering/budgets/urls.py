"""Addresses of the pages of budgets."""

from django.urls import path

from apps.metering.budgets import request_views, views

urlpatterns = [
    path("admin/budgets", views.BudgetListView.as_view(), name="admin-budgets"),
    path("admin/budgets/<uuid:budget_id>", views.BudgetView.as_view(), name="admin-budget"),
    path("admin/teams/<uuid:team_id>/budget", views.TeamBudgetView.as_view(), name="admin-team-budget"),
    path("admin/budget-requests", request_views.RequestListView.as_view(), name="admin-budget-requests"),
    path("settings/budgets", request_views.OwnBudgetsView.as_view(), name="settings-budgets"),
]
