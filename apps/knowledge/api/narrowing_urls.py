"""Routes of what searches are narrowed to and how collections are searched, below /api/v1/."""

from django.urls import path

from apps.knowledge.api import narrowing, tuning

urlpatterns = [
    path("knowledge-bases/facets", narrowing.FacetsApi.as_view(), name="api-facets"),
    path("knowledge-bases/<uuid:knowledge_base_id>/tuning", tuning.TuningApi.as_view(), name="api-tuning"),
]
