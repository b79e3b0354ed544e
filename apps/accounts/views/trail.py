"""The overview of the administration, and the audit log with its export."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import selectors
from apps.accounts.exports import neutral
from apps.accounts.forms import AuditForm
from apps.accounts.overview import Figures, cards, checklist
from apps.accounts.pages import AdminPage, paged
from apps.audit.selectors import EventFilter, actions, events
from apps.audit.services import record

if TYPE_CHECKING:
    from apps.audit.models import AuditEvent

MOST_EXPORTED: Final = 10_000
_HEADINGS: Final = (
    "when", "who", "api key", "address", "action", "thing", "thing id", "before", "after", "detail",
)  # fmt: skip


class OverviewPage(AdminPage):
    """What is set up and what is missing."""

    def get(self, request: Any) -> HttpResponseBase:
        """The checklist and the newest changes."""
        week = timezone.now() - dt.timedelta(days=7)
        people, seen = selectors.active_counts(since=week)
        figures = Figures(people, seen, selectors.teams().count())
        context = {
            "steps": checklist(figures),
            "cards": cards(self.actor, request.organisation),
            "figures": figures,
            "events": selectors.things_named(events()[:8]),
        }
        return render(request, "accounts/overview.html", context)


def _wanted(form: AuditForm) -> tuple[EventFilter, dict[str, str]]:
    """What the form asks for, and the same as text for the address; wrong filters do not narrow."""
    form.is_valid()
    found = form.cleaned_data
    wanted = EventFilter(
        query=found.get("q") or "",
        action=found.get("action") or "",
        since=found.get("since"),
        until=found.get("until"),
    )
    return wanted, {name: str(value) for name, value in found.items() if value}


class AuditPage(AdminPage):
    """Who did what, when and from where."""

    capability = "audit.read"

    def get(self, request: Any) -> HttpResponseBase:
        """The events, newest first, with search and filters."""
        form = AuditForm(request.GET, actions=actions())
        wanted, filters = _wanted(form)
        context = paged(request, events(wanted), **filters)
        context |= {"form": form, "events": selectors.things_named(context["page"])}
        return render(request, "accounts/audit.html", context)


class AuditExportPage(AdminPage):
    """The filtered events as CSV; the export is an event itself."""

    capability = "audit.read"

    def get(self, request: Any) -> HttpResponseBase:
        """The newest events that fit, at most MOST_EXPORTED."""
        wanted, filters = _wanted(AuditForm(request.GET, actions=actions()))
        found = events(wanted)[:MOST_EXPORTED]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_HEADINGS)
        writer.writerows(_row(event) for event in found)
        record(actor=self.actor, action="audit.exported", target_type="audit", detail=filters)
        name = f"audit-{request.tenant.slug}-{timezone.now():%Y-%m-%d}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=disposition)


def _row(event: AuditEvent) -> list[str]:
    plain = [
        json.dumps(part, ensure_ascii=False) if part else ""
        for part in (event.before, event.after, event.detail)
    ]
    cells = [
        event.created_at.isoformat(), event.actor_name, str(event.api_key_id or ""), event.ip or "",
        event.action, event.target_type, event.target_id, *plain,
    ]  # fmt: skip
    return [neutral(cell) for cell in cells]
