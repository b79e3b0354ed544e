"""Addresses of the administration's pages of costs and limits."""

from django.urls import path

from apps.metering.chargeback import views as statements
from apps.metering.invoices import views as invoices
from apps.metering.ledger import views as ledger
from apps.metering.pricebook.views import PriceBookView
from apps.metering.rates.views import LimitsView, TeamLimitsView

urlpatterns = [
    path("admin/usage/statements", statements.StatementsView.as_view(), name="admin-statements"),
    path(
        "admin/usage/statements/<uuid:statement_id>",
        statements.StatementView.as_view(),
        name="admin-statement",
    ),
    path("settings/usage/statements", statements.OwnStatementsView.as_view(), name="settings-statements"),
    path(
        "settings/usage/statements/<uuid:statement_id>",
        statements.OwnStatementView.as_view(),
        name="settings-statement",
    ),
    path("admin/usage/prices", PriceBookView.as_view(), name="admin-price-book"),
    path("admin/usage/invoices", invoices.InvoicesView.as_view(), name="admin-invoices"),
    path("admin/usage/invoices/<uuid:invoice_id>", invoices.InvoiceView.as_view(), name="admin-invoice"),
    path("admin/usage/calls", ledger.CallsView.as_view(), name="admin-calls"),
    path("admin/usage/calls/<uuid:call_id>", ledger.CallView.as_view(), name="admin-call"),
    path("admin/usage/limits", LimitsView.as_view(), name="admin-limits"),
    path("admin/teams/<uuid:team_id>/limits", TeamLimitsView.as_view(), name="admin-team-limits"),
]
