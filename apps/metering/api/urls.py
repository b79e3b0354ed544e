"""Routes below /api/v1/."""

from apps.metering.api.costs import urlpatterns as costs
from apps.metering.budgets.api_urls import urlpatterns as budgets

urlpatterns = [
    *costs,
    *budgets,
]
