"""Addresses of the account pages."""

from django.urls import path
from django.views.generic import RedirectView

from apps.accounts.views import door, people, settings, setup, teams, trail

urlpatterns = [
    path("sign-in", door.SignInPage.as_view(), name="sign-in"),
    path("sign-out", door.SignOutPage.as_view(), name="sign-out"),
    path("link/<str:code>", door.LinkPage.as_view(), name="link"),
    path("password/forgot", door.ForgotPage.as_view(), name="password-forgot"),
    path("organisation", door.OrganisationPage.as_view(), name="organisation"),
    path("setup", setup.SetupPage.as_view(), name="setup"),
    path("setup/<str:step>", setup.SetupPage.as_view(), name="setup-step"),
    path("settings", RedirectView.as_view(url="/settings/profile"), name="settings"),
    path("settings/profile", settings.ProfilePage.as_view(), name="settings-profile"),
    path("settings/appearance", settings.AppearancePage.as_view(), name="settings-appearance"),
    path("settings/chat", settings.ChatSettingsPage.as_view(), name="settings-chat"),
    path("settings/security", settings.SecurityPage.as_view(), name="settings-security"),
    path("settings/security/sessions/end", settings.SessionEndPage.as_view(), name="settings-sessions-end"),
    path(
        "settings/security/sessions/<uuid:session_id>/end",
        settings.SessionEndPage.as_view(),
        name="settings-session-end",
    ),
    path("settings/api-keys", settings.ApiKeysPage.as_view(), name="settings-api-keys"),
    path(
        "settings/api-keys/<uuid:key_id>/revoke",
        settings.ApiKeyRevokePage.as_view(),
        name="settings-api-key-revoke",
    ),
    path("notifications", settings.NotificationsPage.as_view(), name="notifications"),
    path("admin", RedirectView.as_view(url="/admin/"), name="admin-root"),
    path("admin/", trail.OverviewPage.as_view(), name="admin"),
    path("admin/people", people.PeoplePage.as_view(), name="admin-people"),
    path("admin/people/invite", people.InvitePage.as_view(), name="admin-people-invite"),
    path("admin/people/<uuid:user_id>", people.PersonAdminPage.as_view(), name="admin-person"),
    path("admin/teams", teams.TeamsPage.as_view(), name="admin-teams"),
    path("admin/teams/<uuid:team_id>", teams.TeamPage.as_view(), name="admin-team"),
    path("admin/audit/export", trail.AuditExportPage.as_view(), name="admin-audit-export"),
    path("admin/audit", trail.AuditPage.as_view(), name="admin-audit"),
]
