"""Addresses of the metering pages."""

from apps.metering.budgets.urls import urlpatterns as budgets
from apps.metering.cost_urls import urlpatterns as costs
from apps.metering.usage.urls import urlpatterns as usage

urlpatterns = [*budgets, *costs, *usage]
