"""Routes of usage, limits, prices, statements and invoices."""

from django.urls import path

from apps.metering.chargeback import api as statements
from apps.metering.invoices import api as invoices
from apps.metering.ledger import api as ledger
from apps.metering.pricebook import api as prices
from apps.metering.rates import api as rates
from apps.metering.usage.api import UsageApi

urlpatterns = [
    path("usage", UsageApi.as_view(), name="api-usage"),
    path("usage/calls", ledger.UsageCallListApi.as_view(), name="api-usage-calls"),
    path("usage/calls/<uuid:call_id>", ledger.UsageCallApi.as_view(), name="api-usage-call"),
    path(
        "usage/calls/<uuid:call_id>/corrections",
        ledger.CorrectionListApi.as_view(),
        name="api-usage-corrections",
    ),
    path("rate-limits", rates.RateLimitListApi.as_view(), name="api-rate-limits"),
    path("rate-limits/<uuid:limit_id>", rates.RateLimitApi.as_view(), name="api-rate-limit"),
    path("currency", prices.CurrencyApi.as_view(), name="api-currency"),
    path("exchange-rates", prices.ExchangeRateListApi.as_view(), name="api-exchange-rates"),
    path("exchange-rates/<uuid:version_id>", prices.ExchangeRateApi.as_view(), name="api-exchange-rate"),
    path("markups", prices.MarkupListApi.as_view(), name="api-markups"),
    path("markups/<uuid:version_id>", prices.MarkupApi.as_view(), name="api-markup"),
    path("model-prices", prices.ModelPriceListApi.as_view(), name="api-model-prices"),
    path("model-prices/<uuid:version_id>", prices.ModelPriceApi.as_view(), name="api-model-price"),
    path("statements", statements.StatementListApi.as_view(), name="api-statements"),
    path("statements/<uuid:statement_id>", statements.StatementApi.as_view(), name="api-statement"),
    path(
        "statements/<uuid:statement_id>/pdf", statements.StatementPdfApi.as_view(), name="api-statement-pdf"
    ),
    path("teams/<uuid:team_id>/cost-centre", statements.CostCentreApi.as_view(), name="api-cost-centre"),
    path("invoices", invoices.InvoiceListApi.as_view(), name="api-invoices"),
    path("invoices/<uuid:invoice_id>", invoices.InvoiceApi.as_view(), name="api-invoice"),
]
