"""The socket's address."""

from django.urls import path

from apps.runs.consumers import RunsConsumer

websocket_urlpatterns = [path("ws/runs", RunsConsumer.as_asgi())]
