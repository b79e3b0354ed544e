"""Routes of the chat page."""

from django.urls import path

from apps.chat.views import ChatPage

urlpatterns = [
    path("", ChatPage.as_view(), name="chat"),
    path("c/<uuid:conversation_id>", ChatPage.as_view(), name="conversation"),
]
