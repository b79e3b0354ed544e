"""Rows of the ledger as calls of any moment leave them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

if TYPE_CHECKING:
    import datetime as dt

MODEL = UUID("0199aa00-0000-7000-8000-000000000001")


def call_made(at: dt.datetime, cost: str | None = "1", **fields: Any) -> Any:
    """A settled call of 100 and 50 tokens, in the tenant in scope."""
    from apps.metering.models import UsageRecord

    values: dict[str, Any] = {
        "call_id": uuid4(), "state": "settled", "purpose": "reply", "vendor": "openai",
        "connection_id": uuid4(), "connection_name": "OpenAI", "model_id": MODEL, "model_slug": "big-model",
        "model_asked": "gpt-big",
        "tokens_input": 100, "tokens_output": 50, "currency": "USD" if cost else "",
        "cost": None if cost is None else Decimal(cost), "created_at": at, "closed_at": at,
    }  # fmt: skip
    return UsageRecord.objects.create(**values | fields)
