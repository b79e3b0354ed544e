"""Admin pages of clearances and of the report that proves them."""

from django.urls import path

from apps.llm.clearances import report_views, views

urlpatterns = [
    path(
        "admin/providers/<uuid:connection_id>/clearance",
        views.ConnectionClearanceView.as_view(),
        name="admin-provider-clearance",
    ),
    path(
        "admin/models/<uuid:model_id>/clearance",
        views.ModelClearanceView.as_view(),
        name="admin-model-clearance",
    ),
    path("admin/data-classes", report_views.ReportView.as_view(), name="admin-data-classes"),
    path(
        "admin/data-classes/export",
        report_views.ReportExportView.as_view(),
        name="admin-data-classes-export",
    ),
]
