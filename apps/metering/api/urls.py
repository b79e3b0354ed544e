"""Routes below /api/v1/."""

from django.urls import path

from apps.metering.budgets.api_urls import urlpatterns as budgets
from apps.metering.usage.api import UsageApi

urlpatterns = [
    path("usage", UsageApi.as_view(), name="api-usage"),
    *budgets,
]
