"""Knowledge for those who manage it: every collection, who may read it, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from apps.accounts.pages import AdminPage, paged, searched
from apps.knowledge import selectors
from apps.knowledge.permissions import MANAGE

if TYPE_CHECKING:
    from django.http import HttpResponse

MOST_FAILURES = 50


class KnowledgeAdminPage(AdminPage):
    """All collections but those of chats; their names and states, never their text."""

    capability = MANAGE

    def get(self, request: Any) -> HttpResponse:
        """By name, with the newest failures."""
        query = searched(request, "q")
        found = selectors.all_knowledge_bases().filter(name__icontains=query)
        rows = selectors.with_counts(found).order_by("name", "id")
        failures = selectors.failed_documents()[:MOST_FAILURES]
        context = paged(request, rows, q=query) | {"failures": failures}
        return render(request, "knowledge/admin.html", context)
