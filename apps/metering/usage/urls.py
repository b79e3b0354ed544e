"""Addresses of the usage pages."""

from django.urls import path

from apps.metering.usage import views

urlpatterns = [
    path("admin/usage", views.UsageView.as_view(), name="admin-usage"),
    path("settings/usage", views.OwnUsageView.as_view(), name="settings-usage"),
]
