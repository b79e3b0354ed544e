"""Routes of evaluation below /api/v1/."""

from django.urls import path

from apps.knowledge.api import evaluation

urlpatterns = [
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/golden-questions",
        evaluation.GoldenQuestionListApi.as_view(),
        name="api-golden-questions",
    ),
    path(
        "golden-questions/<uuid:question_id>",
        evaluation.GoldenQuestionApi.as_view(),
        name="api-golden-question",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/evaluations",
        evaluation.EvaluationListApi.as_view(),
        name="api-evaluations",
    ),
    path("evaluations/<uuid:run_id>", evaluation.EvaluationApi.as_view(), name="api-evaluation"),
]
