"""Routes of the chat page."""

from django.urls import path

from apps.chat.views import ChatPage, ChatsDeletePage, DataPage

urlpatterns = [
    path("", ChatPage.as_view(), name="chat"),
    path("settings/data", DataPage.as_view(), name="settings-data"),
    path("settings/data/delete", ChatsDeletePage.as_view(), name="settings-data-delete"),
    path("c/<uuid:conversation_id>", ChatPage.as_view(), name="conversation"),
]
