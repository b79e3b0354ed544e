"""The work behind an approval: vectors of the wordings. Without them words alone decide."""

from __future__ import annotations

from uuid import UUID

from apps.knowledge.asking import query_vectors
from apps.knowledge.care.answer_models import AnswerState, VerifiedAnswer, VerifiedQuestion
from apps.knowledge.embedding import embedding_models
from apps.llm.gateway import Caller
from apps.llm.loop import run_on_loop
from apps.tenants.scope import tenant_scope
from apps.tenants.tasks import tenant_task


@tenant_task(name="embed_verified_answer", queue="replies")
def embed_answer(tenant_id: str, answer_id: str) -> None:
    """Give each wording the vector of its collection's model; what has it is left alone."""
    embed(UUID(tenant_id), UUID(answer_id))


def embed(tenant_id: UUID, answer_id: UUID) -> None:
    """The same, where it is called."""
    with tenant_scope(tenant_id):
        answers = VerifiedAnswer.objects.select_related("knowledge_base").filter(state=AnswerState.APPROVED)
        answer = answers.filter(id=answer_id).first()
        if answer is None or answer.approved_by_id is None:
            return
        model_id, user_id = answer.knowledge_base.embedding_model_id, answer.approved_by_id
        models = embedding_models([model_id] if model_id else [])
        waiting = list(answer.questions.exclude(model_id=model_id).values_list("id", "text"))
    made = {}
    for question_id, text in waiting if models else ():
        vectors = run_on_loop(query_vectors(Caller(tenant_id, None, user_id), models.values(), text))
        if model_id in vectors:
            made[question_id] = vectors[model_id]
    with tenant_scope(tenant_id):
        for question_id, vector in made.items():
            VerifiedQuestion.objects.filter(id=question_id).update(model_id=model_id, embedding=vector)
