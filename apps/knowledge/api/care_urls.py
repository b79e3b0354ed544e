"""Routes of looking after collections below /api/v1/."""

from django.urls import path

from apps.knowledge.api import answers, care, feedback, freshness

urlpatterns = [
    path("unanswered-questions", care.UnansweredListApi.as_view(), name="api-unanswered-questions"),
    path(
        "unanswered-questions/<uuid:question_id>",
        care.UnansweredApi.as_view(),
        name="api-unanswered-question",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/verified-answers",
        answers.VerifiedAnswerListApi.as_view(),
        name="api-verified-answers",
    ),
    path(
        "verified-answers/<uuid:answer_id>",
        answers.VerifiedAnswerApi.as_view(),
        name="api-verified-answer",
    ),
    path(
        "verified-answers/<uuid:answer_id>/approval",
        answers.VerifiedAnswerApprovalApi.as_view(),
        name="api-verified-answer-approval",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/experts",
        answers.ExpertsApi.as_view(),
        name="api-experts",
    ),
    path("documents-due", freshness.DueListApi.as_view(), name="api-documents-due"),
    path(
        "documents/<uuid:document_id>/review",
        freshness.DocumentReviewApi.as_view(),
        name="api-document-review",
    ),
    path(
        "documents/<uuid:document_id>/review/confirm",
        freshness.DocumentConfirmApi.as_view(),
        name="api-document-confirm",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/review-interval",
        freshness.ReviewIntervalApi.as_view(),
        name="api-review-interval",
    ),
    path("passage-feedback", feedback.PassageFeedbackListApi.as_view(), name="api-passage-feedback"),
    path(
        "passage-feedback/<uuid:feedback_id>",
        feedback.PassageFeedbackApi.as_view(),
        name="api-passage-feedback-one",
    ),
]
