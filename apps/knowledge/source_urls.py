"""Addresses of the pages of sources."""

from django.urls import path

from apps.knowledge.views import sources

urlpatterns = [
    path("admin/knowledge/sources", sources.SourceListPage.as_view(), name="admin-sources"),
    path("admin/knowledge/sources/new", sources.SourceNewPage.as_view(), name="admin-source-new"),
    path("admin/knowledge/sources/<uuid:source_id>", sources.SourcePage.as_view(), name="admin-source"),
    path(
        "admin/knowledge/sources/<uuid:source_id>/edit",
        sources.SourceEditPage.as_view(),
        name="admin-source-edit",
    ),
    path(
        "admin/knowledge/sources/<uuid:source_id>/sync",
        sources.SourceSyncPage.as_view(),
        name="admin-source-sync",
    ),
    path(
        "admin/knowledge/sources/<uuid:source_id>/pause",
        sources.SourcePausePage.as_view(),
        name="admin-source-pause",
    ),
    path(
        "admin/knowledge/sources/<uuid:source_id>/remove",
        sources.SourceRemovePage.as_view(),
        name="admin-source-remove",
    ),
]
