"""REST paths of accounts, below /api/v1/."""

from django.urls import path

from apps.accounts.api.views import (
    ApiKeyDetailApi,
    ApiKeyListApi,
    MeApi,
    NotificationListApi,
    NotificationReadApi,
    PersonListApi,
    TeamListApi,
)

urlpatterns = [
    path("me", MeApi.as_view(), name="api-me"),
    path("api-keys", ApiKeyListApi.as_view(), name="api-api-keys"),
    path("api-keys/<uuid:key_id>", ApiKeyDetailApi.as_view(), name="api-api-key"),
    path("people", PersonListApi.as_view(), name="api-people"),
    path("teams", TeamListApi.as_view(), name="api-teams"),
    path("notifications", NotificationListApi.as_view(), name="api-notifications"),
    path("notifications/read", NotificationReadApi.as_view(), name="api-notifications-read"),
]
