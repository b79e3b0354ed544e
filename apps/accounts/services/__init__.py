"""Writes of accounts, each in the caller's scope and audited."""

from apps.accounts.services.keys import api_key_authenticate, api_key_create, api_key_revoke
from apps.accounts.services.links import link_use, one_time_link_create
from apps.accounts.services.notifications import notification_create, notifications_read
from apps.accounts.services.people import (
    chat_settings_set,
    password_set,
    user_activate,
    user_create,
    user_deactivate,
    user_role_set,
    user_update,
)
from apps.accounts.services.sessions import (
    credentials_alive,
    session_create,
    session_end,
    session_forget,
    session_open,
    sessions_end_all,
)
from apps.accounts.services.sign_in import attempt_begin, attempt_failed, attempt_succeed, password_fits
from apps.accounts.services.teams import membership_add, membership_remove, team_create, team_update
from apps.accounts.services.tenant import setup_finish, tenant_bootstrap, tenant_settings_update

__all__ = [
    "api_key_authenticate",
    "api_key_create",
    "api_key_revoke",
    "attempt_begin",
    "attempt_failed",
    "attempt_succeed",
    "chat_settings_set",
    "credentials_alive",
    "link_use",
    "membership_add",
    "membership_remove",
    "notification_create",
    "notifications_read",
    "one_time_link_create",
    "password_fits",
    "password_set",
    "session_create",
    "session_end",
    "session_forget",
    "session_open",
    "sessions_end_all",
    "setup_finish",
    "team_create",
    "team_update",
    "tenant_bootstrap",
    "tenant_settings_update",
    "user_activate",
    "user_create",
    "user_deactivate",
    "user_role_set",
    "user_update",
]
