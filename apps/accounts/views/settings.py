"""A person's own settings: profile, appearance, chat, security, API keys, notifications."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import selectors
from apps.accounts.forms import (
    ApiKeyForm,
    AppearanceForm,
    ChangePasswordForm,
    ChatSettingsForm,
    ProfileForm,
    add_problem,
)
from apps.accounts.pages import PersonPage
from apps.accounts.permissions import can
from apps.accounts.services import (
    api_key_create,
    api_key_revoke,
    chat_settings_set,
    notifications_read,
    password_set,
    session_end,
    sessions_end_all,
    user_update,
)
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from django import forms


class ProfilePage(PersonPage):
    """Name; the e-mail address is the administrator's to change."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form."""
        return self._page(request, ProfileForm(initial={"name": self.actor.name}))

    def post(self, request: Any) -> HttpResponseBase:
        """Save the name."""
        form = ProfileForm(request.POST)
        if form.is_valid():
            user_update(actor=self.actor, name=form.cleaned_data["name"])
            return HttpResponseRedirect("/settings/profile?saved=1")
        return self._page(request, form)

    def _page(self, request: Any, form: forms.Form) -> HttpResponse:
        teams = selectors.teams_of(self.actor.user_id)
        context = {"form": form, "teams": teams, "saved": "saved" in request.GET}
        return render(request, "accounts/profile.html", context)


class AppearancePage(PersonPage):
    """Light, dark, or as the system says."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form."""
        form = AppearanceForm(initial={"theme": self.actor.user.theme})
        return render(request, "accounts/appearance.html", {"form": form, "saved": "saved" in request.GET})

    def post(self, request: Any) -> HttpResponseBase:
        """Save the theme; a cookie keeps the next page from flashing."""
        form = AppearanceForm(request.POST)
        if not form.is_valid():
            return render(request, "accounts/appearance.html", {"form": form})
        user_update(actor=self.actor, theme=form.cleaned_data["theme"])
        response = HttpResponseRedirect("/settings/appearance?saved=1")
        response.set_cookie("theme", form.cleaned_data["theme"], max_age=31_536_000, samesite="Lax")
        return response


class ChatSettingsPage(PersonPage):
    """The key that sends, following an answer, and what a screen reader is told."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form."""
        user = self.actor.user
        form = ChatSettingsForm(initial={name: getattr(user, name) for name in ChatSettingsForm.base_fields})
        return self._page(request, form)

    def post(self, request: Any) -> HttpResponseBase:
        """Save all of it."""
        form = ChatSettingsForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        chat_settings_set(actor=self.actor, **form.cleaned_data)
        return HttpResponseRedirect("/settings/chat?saved=1")

    def _page(self, request: Any, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {"form": form, "saved": "saved" in request.GET}
        return render(request, "accounts/chat.html", context, status=status)


class SecurityPage(PersonPage):
    """Password and signed-in browsers."""

    def get(self, request: Any) -> HttpResponseBase:
        """The page."""
        return self._page(request, self._form(None))

    def post(self, request: Any) -> HttpResponseBase:
        """Change the password; other browsers are signed out."""
        form = self._form(request.POST)
        if form.is_valid() and self._changed(form):
            return HttpResponseRedirect("/settings/security?saved=1")
        return self._page(request, form, status=422)

    def _form(self, data: Any) -> ChangePasswordForm:
        """The form; who came by a link and has no password yet is not asked for the old one."""
        form = ChangePasswordForm(data)
        if not self.actor.user.has_usable_password():
            del form.fields["current"]
        return form

    def _changed(self, form: ChangePasswordForm) -> bool:
        user = self.actor.user
        if user.has_usable_password() and not check_password(form.cleaned_data["current"], user.password):
            form.add_error("current", "This is not your current password.")
            return False
        try:
            password_set(actor=self.actor, user=user, password=form.cleaned_data["password"])
        except ProblemError as problem:
            add_problem(form, problem)
            return False
        return True

    def _page(self, request: Any, form: ChangePasswordForm, status: int = 200) -> HttpResponse:
        sessions = selectors.sessions_of(self.actor.user_id)
        context = {
            "form": form,
            "sessions": sessions,
            "own": self.actor.session_id,
            "saved": "saved" in request.GET,
        }
        return render(request, "accounts/security.html", context, status=status)


class SessionEndPage(PersonPage):
    """End one of one's other sessions, or all of them."""

    def post(self, request: Any, session_id: UUID | None = None) -> HttpResponseBase:
        """End and go back."""
        if session_id is None:
            sessions_end_all(actor=self.actor, user=self.actor.user, but=self.actor.session_id)
        elif not session_end(actor=self.actor, session_id=session_id):
            raise not_found()
        return HttpResponseRedirect("/settings/security")


class ApiKeysPage(PersonPage):
    """One's own API keys; a new one is shown once."""

    def get(self, request: Any) -> HttpResponseBase:
        """The list and the form."""
        return self._page(request, self._form(None))

    def post(self, request: Any) -> HttpResponseBase:
        """Make a key and show it once."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        days = form.cleaned_data["days"]
        try:
            _, text = api_key_create(
                actor=self.actor,
                slug=request.tenant.slug,
                user=self.actor.user,
                team=selectors.access_team(UUID(form.cleaned_data["team"])),
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=timezone.now() + dt.timedelta(days=days) if days else None,
            )
        except ProblemError as problem:
            add_problem(form, problem)
            return self._page(request, form)
        return self._page(request, self._form(None), new_key=text)

    def _form(self, data: Any) -> ApiKeyForm:
        teams = selectors.teams_of(self.actor.user_id)
        return ApiKeyForm(data, teams=teams, administers=can(self.actor, "admin.see"))

    def _page(self, request: Any, form: ApiKeyForm, new_key: str = "") -> HttpResponse:
        keys = selectors.api_keys_of(self.actor.user_id)
        context = {"form": form, "keys": keys, "new_key": new_key, "now": timezone.now()}
        return render(request, "accounts/api_keys.html", context)


class ApiKeyRevokePage(PersonPage):
    """End one of one's own keys."""

    def post(self, request: Any, key_id: UUID) -> HttpResponseBase:
        """Revoke and go back."""
        api_key_revoke(actor=self.actor, key=selectors.access_api_key(self.actor, key_id))
        return HttpResponseRedirect("/settings/api-keys")


class NotificationsPage(PersonPage):
    """What the app has told the person; seeing it marks it as read."""

    def get(self, request: Any) -> HttpResponseBase:
        """The newest hundred."""
        found = list(selectors.notifications_of(self.actor.user_id)[:100])
        notifications_read(user_id=self.actor.user_id)
        return render(request, "accounts/notifications.html", {"notifications": found})
