"""Django's handle on the metering app."""

from __future__ import annotations

from django.apps import AppConfig


class MeteringConfig(AppConfig):
    name = "apps.metering"
    label = "metering"

    def ready(self) -> None:
        from apps.accounts.overview import Card, add_card
        from apps.accounts.setup import SETUP_BUDGETS
        from apps.metering.budgets import naming, warning
        from apps.metering.budgets.people import SEE
        from apps.metering.budgets.services import team_budget_begin
        from apps.metering.chargeback import making as statements
        from apps.metering.overview import overview
        from apps.metering.pricebook import upkeep as prices
        from apps.metering.rollups import upkeep as rollups
        from apps.metering.upkeep import EVERY_S, settle_stale
        from apps.runs.maintenance import Job, register_job

        if team_budget_begin not in SETUP_BUDGETS:
            SETUP_BUDGETS.append(team_budget_begin)
        add_card(Card("metering/_overview_card.html", SEE, overview))
        register_job(Job("ledger", EVERY_S, settle_stale))
        register_job(Job("budget warnings", warning.EVERY_S, warning.warn_due))
        register_job(Job("budget names", naming.EVERY_S, naming.names_follow))
        register_job(Job("days", rollups.EVERY_S, rollups.roll_up))
        register_job(Job("prices", prices.EVERY_S, prices.apply_due_prices))
        register_job(Job("statements", statements.EVERY_S, statements.statements_due))
