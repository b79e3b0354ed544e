"""Routes below /api/v1/."""

from django.urls import path

from apps.runs.api.streams import run_events
from apps.runs.api.views import RunDetailApi, RunStopApi

urlpatterns = [
    path("runs/<uuid:run_id>", RunDetailApi.as_view(), name="api-run"),
    path("runs/<uuid:run_id>/stop", RunStopApi.as_view(), name="api-run-stop"),
    path("runs/<uuid:run_id>/events", run_events, name="api-run-events"),
]
