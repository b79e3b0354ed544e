"""Addresses of the pages about readers."""

from django.urls import path

from apps.knowledge.views import access

urlpatterns = [
    path(
        "knowledge/<uuid:knowledge_base_id>/access",
        access.CollectionAccessPage.as_view(),
        name="knowledge-access",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/folder-access",
        access.FolderAccessPage.as_view(),
        name="knowledge-folder-access",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/access",
        access.DocumentAccessPage.as_view(),
        name="knowledge-document-access",
    ),
]
