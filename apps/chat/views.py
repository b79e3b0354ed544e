"""The chat page: HTML for the island, with what it needs to start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie

from apps.accounts import selectors as accounts
from apps.accounts.api.serializers import MeOutput
from apps.accounts.pages import PersonPage
from apps.chat import selectors
from apps.chat.parts import MAX_TEXT

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

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
