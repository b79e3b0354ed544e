"""SQL that says what each call of the ledger is worth in its tenant's currency, at the rate of its moment."""

from typing import Final

RATES: Final = """
rates AS (
    SELECT currency, rate, valid_from,
           lead(valid_from, 1, 'infinity') OVER (PARTITION BY currency ORDER BY valid_from) AS until
    FROM metering_exchangerate WHERE tenant_id = %(tenant)s AND "into" = %(currency)s
)"""
"""A common table of the rates into `currency`, each with the moment until which it holds."""

JOIN_RATES: Final = """
LEFT JOIN rates r ON r.currency = u.currency AND u.created_at >= r.valid_from AND u.created_at < r.until"""

AMOUNT: Final = "CASE WHEN u.currency = %(currency)s THEN u.cost ELSE round(u.cost * r.rate, 12) END"
"""Of the ledger row `u`; NULL where its cost or the rate is unknown. As PriceBook.in_tenant_currency."""
