"""Addresses of evaluation pages."""

from django.urls import path

from apps.knowledge.views import evaluation, golden

OF_BASE = "knowledge/<uuid:knowledge_base_id>/evaluation"

urlpatterns = [
    path(OF_BASE, evaluation.EvaluationPage.as_view(), name="knowledge-evaluation"),
    path(f"{OF_BASE}/compare", evaluation.ComparePage.as_view(), name="knowledge-evaluation-compare"),
    path(f"{OF_BASE}/questions", golden.GoldenQuestionsPage.as_view(), name="knowledge-golden-questions"),
    path(
        "knowledge/evaluations/<uuid:evaluation_id>",
        evaluation.RunPage.as_view(),
        name="knowledge-evaluation-run",
    ),
    path("knowledge/changes/<uuid:change_id>", evaluation.GatedChangePage.as_view(), name="knowledge-gated"),
    path(
        "knowledge/golden-questions/<uuid:golden_id>",
        golden.GoldenQuestionPage.as_view(),
        name="knowledge-golden-question",
    ),
]
