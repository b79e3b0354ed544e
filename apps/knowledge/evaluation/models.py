"""Golden questions of a collection, and runs that measure how well their documents are found and answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

FIGURES: Final = ("nDCG@10", "Recall@10", "MRR@10")
SHARES: Final = {
    "passages": "right passages handed over",
    "citations": "citations that hold",
    "judged": "judged right",
}
TIMES: Final = {"search": "search", "answer": "answer"}
LONGEST_QUESTION: Final = 500


class GoldenQuestion(TenantModel):
    """A question whose right documents or answer somebody named; one without both waits and is not measured.

    One that `is_proposed` by a model is not measured before a person approves it.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    text = models.CharField(max_length=LONGEST_QUESTION)
    answer = models.TextField(blank=True, db_default="")
    origin = models.CharField(max_length=12, default="hand")
    is_proposed = models.BooleanField(default=False, db_default=False)
    created_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base", "text"], name="golden_question_once")]

    def __str__(self) -> str:
        return self.text


class GoldenSource(TenantModel):
    """A document that answers a golden question, with its worth among the right ones (above 0).

    `passage`, where somebody named one, is words of the document that an answer should be given.
    """

    question = TenantForeignKey(GoldenQuestion, on_delete=models.CASCADE, related_name="sources")
    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE)
    gain = models.FloatField(default=1.0, db_default=1.0)
    passage = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [TenantUnique(fields=["question", "document"], name="golden_source_once")]

    def __str__(self) -> str:
        return f"{self.document_id} answers {self.question_id}"


class EvaluationState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Claimed(TenantModel):
    """Work on a collection's golden questions, in the name of `user`. Each kind has a table of its own.

    A worker writes only under the `fence` that it claimed; what it made before it was lost is kept.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    state = models.CharField(max_length=8, choices=EvaluationState, default=EvaluationState.QUEUED)
    error = models.CharField(max_length=500, blank=True, db_default="")
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class EvaluationRun(Claimed):
    """One measurement: each golden question searched as an answer would, as `user` may read, and answered
    where `setting` names a model.

    `setting` is what it was measured with (apps.knowledge.evaluation.settings), `figures` the means over all
    questions, `costs` what its calls cost by currency, `unpriced` how many of them have no known price.
    """

    setting = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    costs = models.JSONField(default=dict, db_default={})
    calls = models.PositiveIntegerField(default=0, db_default=0)
    unpriced = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [TenantIndex(fields=["knowledge_base", "-created_at"], name="evaluation_run_newest")]

    def __str__(self) -> str:
        return f"evaluation {self.id}"

    @property
    def shown(self) -> list[tuple[str, float | None]]:
        """The figures by name in the order of tables; JSON in PostgreSQL has an order of its own."""
        return [(name, self.figures.get(name.lower())) for name in FIGURES]

    @property
    def more(self) -> list[tuple[str, str]]:
        """What else was measured, in words, as far as it was: shares, times, costs."""
        figures = self.figures
        shares = [(shown, f"{figures[name]:.0%}") for name, shown in SHARES.items() if name in figures]
        times = [
            (shown, f"{figures[f'{name}_p50']:.0f} ms (p95 {figures[f'{name}_p95']:.0f} ms)")
            for name, shown in TIMES.items()
            if f"{name}_p50" in figures
        ]
        spent = [f"{Decimal(cost):.4f} {currency}" for currency, cost in self.costs.items()]
        if self.unpriced:
            spent.append(f"{self.unpriced} of {self.calls} calls without a known price")
        return shares + times + ([("cost", " and ".join(spent))] if spent else [])

    @property
    def step(self) -> str:
        """What its calls are called in the ledger."""
        return f"evaluation {self.id}"


class EvaluationResult(TenantModel):
    """What one question found in one run; `text` as it was, `found` and `expected` are ids of documents.

    `passages` is the share (0 to 1) of the named passages that were handed over, `supported` that of the
    answer's citations that hold, `judged` what a model gave the answer for `verdict`; None where there are
    none. Times in milliseconds.
    """

    run = TenantForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="results")
    question_id = models.UUIDField()
    text = models.CharField(max_length=LONGEST_QUESTION)
    expected = models.JSONField(default=list)
    found = models.JSONField(default=list)
    ndcg = models.FloatField(null=True)
    recall = models.FloatField(null=True)
    mrr = models.FloatField(null=True)
    passages = models.FloatField(null=True)
    answer = models.TextField(blank=True, db_default="")
    supported = models.FloatField(null=True)
    judged = models.FloatField(null=True)
    verdict = models.CharField(max_length=500, blank=True, db_default="")
    search_ms = models.PositiveIntegerField(null=True)
    answer_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["run", "question_id"], name="evaluation_result_once")]

    def __str__(self) -> str:
        return f"{self.text}: {self.ndcg}"


class MakingKind(models.TextChoices):
    PROPOSE = "propose", "Proposed by a model"
    IMPORT = "import", "Imported set"


class GoldenMaking(Claimed):
    """Golden questions that a worker makes: proposed by a model, or read from a set in BEIR's layout.

    `asked` says by which model, or which set; `made` how many questions came of it, `note` what did not.
    """

    kind = models.CharField(max_length=8, choices=MakingKind)
    asked = models.JSONField(default=dict)
    file = TenantForeignKey("files.File", on_delete=models.SET_NULL, null=True)
    done = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [TenantIndex(fields=["knowledge_base", "-created_at"], name="golden_making_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Gate(TenantModel):
    """How much a collection's nDCG@10 or recall@10 may fall (0 to 1) before a change of it is held back."""

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    most_fall = models.FloatField()

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base"], name="gate_once")]

    def __str__(self) -> str:
        return f"{self.knowledge_base_id} may fall by {self.most_fall}"


class GatedState(models.TextChoices):
    MEASURING = "measuring", "Being measured"
    HELD = "held", "Held back"
    PASSED = "passed", "Made"
    OVERRIDDEN = "overridden", "Made all the same"
    WITHDRAWN = "withdrawn", "Withdrawn"


class GatedChange(TenantModel):
    """A change of how a collection is searched that is measured, `before` and `after`, before it is made.

    Of its tuning (`tuned` has what was asked for), or of its embedding model (`reembedding`, which waits for
    the outcome with all vectors made). `why` says what held it back; `is_over` where that was the gate, so
    that only an administrator can make it all the same.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    state = models.CharField(max_length=10, choices=GatedState, default=GatedState.MEASURING)
    tuned = models.JSONField(default=dict)
    reembedding = TenantForeignKey("knowledge.Reembedding", on_delete=models.CASCADE, null=True)
    before = TenantForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="gated_before")
    after = TenantForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="gated_after")
    most_fall = models.FloatField(null=True)
    why = models.CharField(max_length=500, blank=True)
    is_over = models.BooleanField(default=False)
    started_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    decided_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["knowledge_base"],
                name="gated_change_once_at_a_time",
                condition=models.Q(state__in=["measuring", "held"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} change of {self.knowledge_base_id}"
