"""Routes of the data class below /api/v1/."""

from django.urls import path

from apps.knowledge.api import classes

urlpatterns = [
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/data-class",
        classes.KnowledgeBaseClassApi.as_view(),
        name="api-knowledge-base-class",
    ),
    path(
        "documents/<uuid:document_id>/data-class",
        classes.DocumentClassApi.as_view(),
        name="api-document-class",
    ),
]
