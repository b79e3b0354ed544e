"""Routes of evaluation below /api/v1/."""

from django.urls import path

from apps.knowledge.api import evaluation, gates, golden

OF_BASE = "knowledge-bases/<uuid:knowledge_base_id>"
QUESTION = "golden-questions/<uuid:question_id>"
CHANGE = "gated-changes/<uuid:change_id>"

urlpatterns = [
    path(f"{OF_BASE}/golden-questions", golden.GoldenQuestionListApi.as_view(), name="api-golden-questions"),
    path(f"{OF_BASE}/golden-questions/propose", golden.ProposalsApi.as_view(), name="api-golden-proposals"),
    path(f"{OF_BASE}/golden-questions/import", golden.GoldenSetApi.as_view(), name="api-golden-set"),
    path(f"{OF_BASE}/golden-questions/progress", golden.GoldenMakingApi.as_view(), name="api-golden-making"),
    path(QUESTION, golden.GoldenQuestionApi.as_view(), name="api-golden-question"),
    path(f"{QUESTION}/approve", golden.GoldenQuestionApproveApi.as_view(), name="api-golden-approve"),
    path(f"{OF_BASE}/evaluations", evaluation.EvaluationListApi.as_view(), name="api-evaluations"),
    path("evaluations/<uuid:run_id>", evaluation.EvaluationApi.as_view(), name="api-evaluation"),
    path(f"{OF_BASE}/gate", gates.GateApi.as_view(), name="api-gate"),
    path(CHANGE, gates.GatedChangeApi.as_view(), name="api-gated-change"),
    path(f"{CHANGE}/accept", gates.GatedChangeAcceptApi.as_view(), name="api-gated-accept"),
    path(f"{CHANGE}/withdraw", gates.GatedChangeWithdrawApi.as_view(), name="api-gated-withdraw"),
    path(f"{CHANGE}/again", gates.GatedChangeAgainApi.as_view(), name="api-gated-again"),
]
