"""Routes below /api/v1/."""

from django.urls import path

from apps.chat.api import branching, classes, discarding, exports, files, judging, picker, pictures, views

urlpatterns = [
    path("models", picker.ModelListApi.as_view(), name="api-models"),
    path("conversations", views.ConversationListApi.as_view(), name="api-conversations"),
    path(
        "conversations/<uuid:conversation_id>", views.ConversationDetailApi.as_view(), name="api-conversation"
    ),
    path("conversations/export", exports.ConversationsExportApi.as_view(), name="api-conversations-export"),
    path(
        "conversations/<uuid:conversation_id>/export",
        exports.ConversationExportApi.as_view(),
        name="api-conversation-export",
    ),
    path(
        "conversations/<uuid:conversation_id>/restore",
        views.ConversationRestoreApi.as_view(),
        name="api-conversation-restore",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages", views.MessageListApi.as_view(), name="api-messages"
    ),
    path(
        "conversations/<uuid:conversation_id>/files",
        files.ConversationFileListApi.as_view(),
        name="api-conversation-files",
    ),
    path(
        "conversations/<uuid:conversation_id>/data-class",
        classes.ConversationClassApi.as_view(),
        name="api-conversation-class",
    ),
    path("pictures/<uuid:file_id>", pictures.PictureApi.as_view(), name="api-picture"),
    path(
        "messages/<uuid:message_id>/regenerate", views.MessageRegenerateApi.as_view(), name="api-regenerate"
    ),
    path("messages/<uuid:message_id>/branch", branching.MessageBranchApi.as_view(), name="api-branch"),
    path("messages/<uuid:message_id>", discarding.MessageApi.as_view(), name="api-message"),
    path("messages/<uuid:message_id>/rating", judging.MessageRatingApi.as_view(), name="api-message-rating"),
    path(
        "messages/<uuid:message_id>/passage-feedback",
        judging.PassageFeedbackApi.as_view(),
        name="api-message-passage-feedback",
    ),
]
