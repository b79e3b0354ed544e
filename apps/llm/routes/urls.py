"""Admin pages of routes."""

from django.urls import path

from apps.llm.routes import views

ONE = "admin/routes/<uuid:route_id>"

urlpatterns = [
    path("admin/routes", views.RouteListView.as_view(), name="admin-routes"),
    path("admin/routes/export", views.RouteExportView.as_view(), name="admin-routes-export"),
    path("admin/routes/new/<slug:kind>", views.RouteAddView.as_view(), name="admin-route-add"),
    path(ONE, views.RouteView.as_view(), name="admin-route"),
    path(f"{ONE}/teams", views.RouteTeamsView.as_view(), name="admin-route-teams"),
    path(f"{ONE}/trial", views.RouteTrialView.as_view(), name="admin-route-trial"),
    path(
        f"{ONE}/trials/<uuid:run_id>",
        views.RouteTrialResultView.as_view(),
        name="admin-route-trial-result",
    ),
    path(
        f"{ONE}/trials/<uuid:run_id>/stop", views.RouteTrialStopView.as_view(), name="admin-route-trial-stop"
    ),
    path(f"{ONE}/delete", views.RouteDeleteView.as_view(), name="admin-route-delete"),
]
