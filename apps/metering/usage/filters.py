"""What of the usage is asked for, as an address carries it, and what of it a person may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import Membership, MembershipRole
from apps.accounts.permissions import can
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.accounts.actors import Actor

MOST_DAYS: Final = 400
EARLIEST: Final = dt.date(2000, 1, 1)
LATEST: Final = dt.date(2199, 12, 31)
RANGES: Final = {
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "month": "This month",
    "last-month": "Last month",
}
_NO_DAY: Final = "Name a day from 2000 to 2199 as YYYY-MM-DD."
NARROWING: Final = {"team": "team_id", "model": "model_id", "person": "user_id", "key": "api_key_id"}
"""What the address calls a filter, and the column that it narrows."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose usage a person may see: everybody's, or that of the teams that they lead, and their own."""

    user_id: UUID
    is_all: bool
    team_ids: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, actor: Actor) -> Sight:
        """What this person may see. A key sees what its person does, everybody's only with scope `admin`."""
        if can(actor, "costs.read"):
            return cls(actor.user_id, is_all=True)
        return cls.of_person(actor.user_id)

    @classmethod
    def of_person(cls, user_id: UUID) -> Sight:
        """A person's own, and that of the teams that they lead."""
        led = Membership.objects.filter(user_id=user_id, role=MembershipRole.LEAD)
        return cls(user_id, is_all=False, team_ids=tuple(led.values_list("team_id", flat=True)))

    @property
    def rows(self) -> Q:
        """The rows of the days that this leaves."""
        return Q() if self.is_all else Q(user_id=self.user_id) | Q(team_id__in=self.team_ids)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Days, both included, and ids that narrow; what an address says wrongly does not narrow."""

    since: dt.date
    until: dt.date
    range: str
    ids: Mapping[str, UUID]

    @classmethod
    def of(cls, said: Mapping[str, str], time_zone: str) -> Wanted:
        """As the address says it; the last 30 days without a word."""
        today = timezone.now().astimezone(ZoneInfo(time_zone)).date()
        since, until = _day(said.get("since")), _day(said.get("until"))
        chosen = said.get("range", "")
        if since is not None or until is not None:
            until = until or today
            chosen, since = "", since or until - dt.timedelta(days=29)
        else:
            chosen = chosen if chosen in RANGES else "30d"
            since, until = _span(chosen, today)
        since = min(since, until)
        since = max(since, until - dt.timedelta(days=MOST_DAYS - 1))
        ids = {name: found for name in NARROWING if (found := _id(said.get(name))) is not None}
        return cls(since, until, chosen, ids)

    @classmethod
    def exactly(cls, said: Mapping[str, str], time_zone: str) -> Wanted:
        """As `of`; raises 400 for a value that `of` would pass over: no program shall add up other days."""
        since, until = _day(said.get("since")), _day(said.get("until"))
        wrong = {
            "range": (said.get("range") or "30d") not in RANGES and f"Choose from {', '.join(RANGES)}.",
            "since": said.get("since") and since is None and _NO_DAY,
            "until": said.get("until") and until is None and _NO_DAY,
        } | {name: said.get(name) and _id(said.get(name)) is None and "This is no id." for name in NARROWING}
        if since and until and not 0 <= (until - since).days < MOST_DAYS:
            wrong["until"] = f"Name a day from `since` on, within {MOST_DAYS} days."
        found = [{"field": name, "message": words} for name, words in wrong.items() if words]
        if found:
            raise invalid(found)
        return cls.of(said, time_zone)

    @property
    def rows(self) -> Q:
        """The rows of the days that this leaves."""
        narrowed = Q(**{NARROWING[name]: value for name, value in self.ids.items()})
        return Q(day__gte=self.since, day__lte=self.until) & narrowed

    @property
    def days(self) -> list[dt.date]:
        """Every day, also those without a call."""
        return [self.since + dt.timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    def said(self) -> dict[str, str]:
        """As an address says it."""
        span = (
            {"range": self.range}
            if self.range
            else {"since": self.since.isoformat(), "until": self.until.isoformat()}
        )
        return span | {name: str(value) for name, value in self.ids.items()}


def _span(chosen: str, today: dt.date) -> tuple[dt.date, dt.date]:
    if chosen.endswith("d"):
        return today - dt.timedelta(days=int(chosen[:-1]) - 1), today
    first = today.replace(day=1)
    if chosen == "month":
        return first, today
    last = first - dt.timedelta(days=1)
    return last.replace(day=1), last


def _day(text: str | None) -> dt.date | None:
    """A day of this century's calendars: those at the ends of all time have no neighbours."""
    try:
        found = dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and EARLIEST <= found <= LATEST else None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
