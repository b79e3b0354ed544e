"""Routes of looking after collections below /api/v1/."""

from django.urls import path

from apps.knowledge.api import care, feedback

urlpatterns = [
    path("unanswered-questions", care.UnansweredListApi.as_view(), name="api-unanswered-questions"),
    path(
        "unanswered-questions/<uuid:question_id>",
        care.UnansweredApi.as_view(),
        name="api-unanswered-question",
    ),
    path("passage-feedback", feedback.PassageFeedbackListApi.as_view(), name="api-passage-feedback"),
    path(
        "passage-feedback/<uuid:feedback_id>",
        feedback.PassageFeedbackApi.as_view(),
        name="api-passage-feedback-one",
    ),
]
