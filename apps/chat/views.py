"""The chat page: HTML for the island, with what it needs to start; and the settings page of one's chats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie

from apps.accounts import selectors as accounts
from apps.accounts.api.serializers import MeOutput
from apps.accounts.pages import PersonPage
from apps.chat import deleting, selectors
from apps.chat.parts import MAX_TEXT

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

CSRF_HEADER = "X-CSRFToken"


@method_decorator(ensure_csrf_cookie, name="dispatch")
class ChatPage(PersonPage):
    """A new chat, or one of the person's own: the island loads it."""

    def get(self, request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
        """The page; the sign-in for who is not signed in, 404 for a chat that is not one's own."""
        if conversation_id is not None:
            selectors.access_conversation(self.actor, conversation_id)
        return render(request, "chat/page.html", {"boot": self._boot()})

    def _boot(self) -> dict[str, Any]:
        """What the island would otherwise ask for first."""
        organisation = self.request.organisation  # type: ignore[attr-defined]  # set by TenantPage
        me = accounts.me(self.actor, organisation=organisation)
        everyone = next(team["id"] for team in me["teams"] if team["is_everyone"])
        return {
            "me": MeOutput(me).data,
            "models": selectors.picked_models(everyone, self.actor.user_id),
            "csrf_header": CSRF_HEADER,
            "limits": {"max_upload_bytes": settings.MAX_UPLOAD_BYTES, "max_text": MAX_TEXT},
            "urls": {"sign_in": settings.SIGN_IN_URL, "sign_out": "/sign-out", "api_docs": "/docs/api/"},
        }


class DataPage(PersonPage):
    """One's own chats to take away or to delete."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """How many there are, and what was deleted just now."""
        deleted = request.GET.get("deleted", "")
        context = {
            "chats": selectors.count_own(self.actor),
            "deleted": int(deleted) if re.fullmatch(r"[0-9]{1,7}", deleted) else 0,
        }
        return render(request, "chat/data.html", context)


class ChatsDeletePage(PersonPage):
    """Deleting all of one's chats."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Delete and go back."""
        count = deleting.conversations_delete_all(actor=self.actor)
        return HttpResponseRedirect(f"/settings/data?deleted={count}")
