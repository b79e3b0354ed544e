"""What a change of model would cost, before it starts. Tokens are estimated as the gateway does."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from apps.llm.gateway.estimate import BYTES_PER_TOKEN
from apps.llm.selectors import price_for
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase
    from apps.llm.models import Model

_PER: Final = Decimal(1_000_000)
_STEP: Final = Decimal("0.01")
_SIZE: Final = """
SELECT count(*), coalesce(sum(ceil(
    (octet_length(c.text) + octet_length(d.title) + octet_length(c.heading::text))::numeric / %(bytes)s)), 0)
FROM knowledge_document d
JOIN knowledge_chunk c ON c.tenant_id = d.tenant_id AND c.document_id = d.id AND NOT c.is_excluded
WHERE d.tenant_id = %(tenant)s AND d.knowledge_base_id = %(base)s AND d.state = 'ready'
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a collection is to be embedded: passages, and about how many tokens they have."""

    chunks: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What embedding so much costs, rounded up to cents; an amount of None is unknown."""

    amount: Decimal | None
    currency: str

    def __str__(self) -> str:
        """In words, for the page."""
        if self.amount is None:
            return "price unknown"
        if not self.amount:
            return "free of charge"
        return f"about {self.amount} {self.currency}"


def size_of(knowledge_base: KnowledgeBase) -> Size:
    """The passages that a change would embed; in a scope."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "base": knowledge_base.id,
        "bytes": BYTES_PER_TOKEN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, values)
        chunks, tokens = cursor.fetchone()
    return Size(int(chunks), int(tokens))


def cost_of(model: Model, tokens: int) -> Cost:
    """What the model's provider asks for so many tokens, at today's price."""
    price = price_for(model)
    if price.input is None:
        return Cost(None, "")
    amount = (price.input * tokens / _PER).quantize(_STEP, rounding=ROUND_UP)
    return Cost(amount, price.currency)
