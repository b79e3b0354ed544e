"""Addresses of evaluation pages."""

from django.urls import path

from apps.knowledge.views import evaluation

urlpatterns = [
    path(
        "knowledge/<uuid:knowledge_base_id>/evaluation",
        evaluation.EvaluationPage.as_view(),
        name="knowledge-evaluation",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/evaluation/compare",
        evaluation.ComparePage.as_view(),
        name="knowledge-evaluation-compare",
    ),
    path(
        "knowledge/questions/<uuid:question_id>/delete",
        evaluation.GoldenQuestionPage.as_view(),
        name="knowledge-golden-question",
    ),
]
