"""How a collection is searched where its owner wants it otherwise than by default."""

from __future__ import annotations

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique


class Tuning(TenantModel):
    """What was set for a collection; None, or no row, is the default (apps.knowledge.tuning).

    `words` is the share of words against meaning (0 to 1), `strictness` multiplies what a passage must reach
    (0 lets everything through), `reranker_id` names a model, as a value.
    """

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="tunings"
    )
    passages = models.PositiveSmallIntegerField(null=True)
    words = models.FloatField(null=True)
    strictness = models.FloatField(null=True)
    reranker_id = models.UUIDField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base"], name="tuning_of_knowledge_base")]

    def __str__(self) -> str:
        return f"tuning of {self.knowledge_base_id}"
