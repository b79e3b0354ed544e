"""Amounts of money in words."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_CENTS: Final = Decimal("0.01")
_WHOLE: Final = {"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "XAF", "XOF", "PYG", "UGX"}
"""Currencies that are counted without smaller coins."""


def money(amount: Decimal, currency: str) -> str:
    """As people read it: two places, more where the amount is smaller than a cent; `12.30 EUR`."""
    if amount and abs(amount) < _CENTS:
        digits = -amount.adjusted() + 1
        return f"{amount:.{digits}f} {currency}"
    step = Decimal(1) if currency in _WHOLE else _CENTS
    return f"{amount.quantize(step, rounding=ROUND_HALF_UP):,} {currency}"


def plain(amount: Decimal) -> str:
    """The number without noughts at its end, and never with an exponent."""
    return f"{amount.normalize():f}"
