"""Addresses of the pages for those who look after collections."""

from django.urls import path

from apps.knowledge.views import answers, care, feedback, freshness

urlpatterns = [
    path("knowledge/questions", care.QuestionsPage.as_view(), name="knowledge-questions"),
    path("knowledge/questions/export", care.QuestionsExportPage.as_view(), name="knowledge-questions-export"),
    path(
        "knowledge/<uuid:knowledge_base_id>/answers", answers.AnswersPage.as_view(), name="knowledge-answers"
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/answers/new",
        answers.AnswerNewPage.as_view(),
        name="knowledge-answer-new",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/experts", answers.ExpertsPage.as_view(), name="knowledge-experts"
    ),
    path("knowledge/answers/<uuid:answer_id>", answers.AnswerPage.as_view(), name="knowledge-answer"),
    path(
        "knowledge/answers/<uuid:answer_id>/decide",
        answers.AnswerDecidePage.as_view(),
        name="knowledge-answer-decide",
    ),
    path("knowledge/reviews", freshness.ReviewsPage.as_view(), name="knowledge-reviews"),
    path(
        "knowledge/documents/<uuid:document_id>/review",
        freshness.DocumentReviewPage.as_view(),
        name="knowledge-document-review",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/review-interval",
        freshness.ReviewIntervalPage.as_view(),
        name="knowledge-review-interval",
    ),
    path("knowledge/feedback", feedback.FeedbackPage.as_view(), name="knowledge-feedback"),
    path(
        "knowledge/feedback/<uuid:feedback_id>",
        feedback.FeedbackResolvePage.as_view(),
        name="knowledge-feedback-one",
    ),
    path(
        "knowledge/questions/<uuid:question_id>", care.QuestionClosePage.as_view(), name="knowledge-question"
    ),
]
