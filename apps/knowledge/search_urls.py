"""Addresses of the pages of searching."""

from django.urls import path

from apps.knowledge.views import searching

urlpatterns = [
    path(
        "knowledge/<uuid:knowledge_base_id>/advanced",
        searching.TuningPage.as_view(),
        name="knowledge-tuning",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/labels",
        searching.LabelsPage.as_view(),
        name="knowledge-document-labels",
    ),
]
