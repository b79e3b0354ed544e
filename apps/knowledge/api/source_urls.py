"""Routes of sources below /api/v1/."""

from django.urls import path

from apps.knowledge.api import sources

urlpatterns = [
    path("source-kinds", sources.SourceKindListApi.as_view(), name="api-source-kinds"),
    path("sources", sources.SourceListApi.as_view(), name="api-sources"),
    path("sources/<uuid:source_id>", sources.SourceApi.as_view(), name="api-source"),
    path("sources/<uuid:source_id>/sync", sources.SourceSyncApi.as_view(), name="api-source-sync"),
    path("sources/<uuid:source_id>/items", sources.SourceItemListApi.as_view(), name="api-source-items"),
]
