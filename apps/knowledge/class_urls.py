"""Addresses behind the forms of the data class."""

from django.urls import path

from apps.knowledge.views import classes

urlpatterns = [
    path(
        "knowledge/<uuid:knowledge_base_id>/class",
        classes.CollectionClassPage.as_view(),
        name="knowledge-class",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/class",
        classes.DocumentClassPage.as_view(),
        name="knowledge-document-class",
    ),
]
