"""Addresses of the knowledge pages."""

from django.urls import path

from apps.knowledge.access_urls import urlpatterns as access
from apps.knowledge.care_urls import urlpatterns as care
from apps.knowledge.class_urls import urlpatterns as classes
from apps.knowledge.embedding_urls import urlpatterns as embeddings
from apps.knowledge.evaluation_urls import urlpatterns as evaluation
from apps.knowledge.search_urls import urlpatterns as searches
from apps.knowledge.source_urls import urlpatterns as sources
from apps.knowledge.views import administration, collections, documents, passages

urlpatterns = [
    *access,
    *care,
    *classes,
    *embeddings,
    *searches,
    *evaluation,
    *sources,
    path("knowledge", collections.CollectionListPage.as_view(), name="knowledge"),
    path("knowledge/new", collections.CollectionNewPage.as_view(), name="knowledge-new"),
    path(
        "knowledge/<uuid:knowledge_base_id>",
        collections.CollectionPage.as_view(),
        name="knowledge-collection",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/edit",
        collections.CollectionEditPage.as_view(),
        name="knowledge-edit",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/delete",
        collections.CollectionDeletePage.as_view(),
        name="knowledge-delete",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/search",
        collections.TrialSearchPage.as_view(),
        name="knowledge-search",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/documents",
        documents.UploadPage.as_view(),
        name="knowledge-upload",
    ),
    path(
        "knowledge/uploads/<uuid:upload_id>/discard",
        documents.UploadDiscardPage.as_view(),
        name="knowledge-upload-discard",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/retry",
        documents.DocumentRetryPage.as_view(),
        name="knowledge-document-retry",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/delete",
        documents.DocumentDeletePage.as_view(),
        name="knowledge-document-delete",
    ),
    path(
        "knowledge/documents/<uuid:document_id>", passages.DocumentPage.as_view(), name="knowledge-document"
    ),
    path(
        "knowledge/documents/<uuid:document_id>/replace",
        passages.DocumentReplacePage.as_view(),
        name="knowledge-document-replace",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/reprocess",
        passages.DocumentReprocessPage.as_view(),
        name="knowledge-document-reprocess",
    ),
    path(
        "knowledge/documents/<uuid:document_id>/pause",
        passages.DocumentPausePage.as_view(),
        name="knowledge-document-pause",
    ),
    path("knowledge/passages/<uuid:chunk_id>", passages.PassagePage.as_view(), name="knowledge-passage"),
    path("admin/knowledge", administration.KnowledgeAdminPage.as_view(), name="admin-knowledge"),
]
