"""How connections fare, for administrators: state, last probe and test, the ledger's figures over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q
from django.utils import timezone

from apps.llm.health.rules import FAULTS
from apps.llm.health.words import reason_in_words
from apps.llm.models import (
    BreakerState,
    CheckKind,
    Connection,
    ConnectionCheck,
    ConnectionHealth,
    Deployment,
    Model,
)
from apps.llm.selectors.shown import vendor_label
from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.registry import VENDORS
from apps.metering.statistics import Figures, figures_by_connection, figures_over_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

ERRORS: Final = tuple(sorted(kind.value for kind in FAULTS | {ErrorKind.RATE_LIMIT, ErrorKind.NOT_FOUND}))
"""Kinds that count as errors in the figures: what the host did not answer, whoever's fault it is."""
TESTS_SHOWN: Final = 20
TROUBLED_SHOWN: Final = 5
"""Providers in trouble that the overview names."""


@dataclass(frozen=True, slots=True)
class Range:
    """How far back figures go, and the span of each point."""

    slug: str
    label: str
    back: timedelta
    span: timedelta

    def begin(self, now: datetime) -> datetime:
        """The begin of the first span: a whole number of spans, so that points stay where they are."""
        seconds = self.span.total_seconds()
        end = datetime.fromtimestamp(now.timestamp() // seconds * seconds, now.tzinfo) + self.span
        return end - self.back


RANGES: Final = {
    found.slug: found
    for found in (
        Range("1h", "Last hour", timedelta(hours=1), timedelta(minutes=2)),
        Range("24h", "Last 24 hours", timedelta(hours=24), timedelta(minutes=30)),
        Range("7d", "Last 7 days", timedelta(days=7), timedelta(hours=3)),
        Range("30d", "Last 30 days", timedelta(days=30), timedelta(hours=12)),
    )
}
DEFAULT_RANGE: Final = RANGES["24h"]
OFF, DOWN, TRIED, DOUBTFUL, ANSWERS, UNKNOWN = "off", "down", "tried", "doubtful", "answers", "unknown"
STATES: Final = {
    ANSWERS: "Answers",
    DOWN: "Does not answer",
    TRIED: "Being tried",
    DOUBTFUL: "Last probe failed",
    UNKNOWN: "Not checked yet",
    OFF: "Off",
}
STATE_CHOICES: Final = list(STATES.items())


@dataclass(frozen=True, slots=True)
class ConnectionStanding:
    """A connection with all that is known of its health. `health` has its defaults while nothing is."""

    connection: Connection
    health: ConnectionHealth
    test: ConnectionCheck | None = None
    figures: Figures = field(default_factory=Figures)

    @property
    def state(self) -> str:
        """One of STATES."""
        health = self.health
        if not self.connection.is_enabled:
            return OFF
        if health.state != BreakerState.CLOSED:
            return DOWN if health.state == BreakerState.OPEN else TRIED
        if health.probe_error and health.probe_failures:
            return DOUBTFUL
        is_known = health.probed_at is not None or self.figures.calls > self.figures.errors
        return ANSWERS if is_known else UNKNOWN

    @property
    def state_label(self) -> str:
        return STATES[self.state]

    @property
    def vendor_label(self) -> str:
        return vendor_label(self.connection.vendor)

    @property
    def reason(self) -> str:
        """Why it does not answer, in one sentence; empty while it does."""
        if self.state in {DOWN, TRIED}:
            return reason_in_words(self.health.error_kind)
        return reason_in_words(self.health.probe_error) if self.state == DOUBTFUL else ""


def range_of(slug: str) -> Range:
    """The range of that slug, else the last 24 hours."""
    return RANGES.get(slug, DEFAULT_RANGE)


def standings(filters: Mapping[str, str], shown: Range) -> list[ConnectionStanding]:
    """Every connection by name, those that are down first; `q` in its name, `state` one of STATES, `sort`."""
    rows = Connection.objects.order_by("name")
    if q := filters.get("q", "").replace("\x00", "").strip()[:100]:
        rows = rows.filter(Q(name__icontains=q) | Q(vendor__icontains=q))
    found = _standing(rows, figures_by_connection(kinds=ERRORS, since=shown.begin(timezone.now())))
    if (state := filters.get("state", "")) in STATES:
        found = [row for row in found if row.state == state]
    return _sorted(found, filters.get("sort", ""))


_SORTS: Final[Mapping[str, Callable[[ConnectionStanding], Any]]] = {
    "name": lambda row: row.connection.name.casefold(),
    "state": lambda row: list(STATES).index(row.state),
    "calls": lambda row: -row.figures.calls,
    "errors": lambda row: -row.figures.errors / max(row.figures.calls, 1),
    "p50": lambda row: -(row.figures.p50 or 0),
    "p95": lambda row: -(row.figures.p95 or 0),
}
"""By name or state, or from the largest number down; "-" before the name reverses the order."""


def _sorted(rows: list[ConnectionStanding], sort: str) -> list[ConnectionStanding]:
    by = _SORTS.get(sort.removeprefix("-"))
    if by is None:
        return sorted(rows, key=lambda row: row.state not in {DOWN, TRIED})
    return sorted(rows, key=by, reverse=sort.startswith("-"))


def overview() -> dict[str, Any]:
    """How the providers that are on fare in the last day: those in trouble, how many, and all their calls."""
    rows = [row for row in standings({}, DEFAULT_RANGE) if row.state != OFF]
    troubled = [row for row in rows if row.state in {DOWN, TRIED, DOUBTFUL}]
    return {
        "total": len(rows),
        "troubled": troubled[:TROUBLED_SHOWN],
        "more": max(0, len(troubled) - TROUBLED_SHOWN),
        "answering": sum(row.state == ANSWERS for row in rows),
        "figures": Figures(sum(row.figures.calls for row in rows), sum(row.figures.errors for row in rows)),
    }


def standing_of(connection: Connection, shown: Range) -> ConnectionStanding:
    """How one connection stands."""
    figures = figures_by_connection(kinds=ERRORS, since=shown.begin(timezone.now()))
    return _standing([connection], figures)[0]


def spans(shown: Range, connection: Connection | None = None) -> list[tuple[datetime, Figures]]:
    """The figures of each span of the range, oldest first, also of those without calls; of all connections
    together without one.
    """
    begin = shown.begin(timezone.now())
    found = figures_over_time(
        kinds=ERRORS, since=begin, span=shown.span, connection_id=connection.pk if connection else None
    )
    count = round(shown.back / shown.span)
    begins = [begin + number * shown.span for number in range(count)]
    return [(at, found.get(at, Figures())) for at in begins]


def total_of(shown: Range, connection: Connection | None = None) -> Figures:
    """The figures of the whole range; of all connections together without one."""
    begin = shown.begin(timezone.now())
    key = connection.pk if connection else None
    found = figures_over_time(kinds=ERRORS, since=begin, span=shown.back, connection_id=key)
    return found.get(begin, Figures())


def tests_of(connection: Connection) -> QuerySet[ConnectionCheck]:
    """Its tests that ended, newest first."""
    ended = connection.checks.filter(kind=CheckKind.TEST, finished_at__isnull=False)
    return ended.order_by("-created_at")[:TESTS_SHOWN]


@dataclass(frozen=True, slots=True)
class RunningHere:
    """A model that runs at a connection: by which id there, its share, and whether it has other places."""

    model: Model
    vendor_model: str
    weight: int
    places: int


def models_at(connection: Connection) -> list[RunningHere]:
    """Every model whose calls may go to this connection, by name."""
    own = Model.objects.filter(connection=connection).annotate(further=Count("deployments"))
    extra = Deployment.objects.filter(connection=connection).select_related("model")
    found = [RunningHere(m, m.vendor_model, m.weight, m.further + 1) for m in own]
    found += [
        RunningHere(d.model, d.vendor_model, d.weight, d.further + 1)
        for d in extra.annotate(further=Count("model__deployments"))
    ]
    return sorted(found, key=lambda row: row.model.name)


@dataclass(frozen=True, slots=True)
class DeploymentPlace:
    """Where a model runs: its own connection first, with the share of its calls while all answer."""

    standing: ConnectionStanding
    vendor_model: str
    weight: int
    is_own: bool
    share: float


def places_of(model: Model) -> list[DeploymentPlace]:
    """Every place of the model, its own first, then by the connection's name."""
    rows = list(model.deployments.select_related("connection").order_by("connection__name"))
    places = [(model.connection, model.vendor_model, model.weight)]
    places += [(row.connection, row.vendor_model, row.weight) for row in rows]
    begin = DEFAULT_RANGE.begin(timezone.now())
    figures = figures_by_connection(kinds=ERRORS, since=begin)
    stand = _standing([place[0] for place in places], figures, tested=False)
    total = sum(place[2] for place in places) or 1
    return [
        DeploymentPlace(standing, vendor_model, weight, number == 0, weight / total)
        for number, (standing, (_, vendor_model, weight)) in enumerate(zip(stand, places, strict=True))
    ]


def deployable_connections(model: Model) -> list[Connection]:
    """The connections whose vendors have models of this kind, by name."""
    rows = Connection.objects.order_by("name")
    return [row for row in rows if row.vendor in VENDORS and model.modality in VENDORS[row.vendor].modalities]


def _standing(
    rows: Iterable[Connection], figures: Mapping[Any, Figures], *, tested: bool = True
) -> list[ConnectionStanding]:
    """How the connections stand; with their newest test, or without a look at it."""
    connections = list(rows)
    keys = [row.pk for row in connections]
    health = {row.connection_id: row for row in ConnectionHealth.objects.filter(connection_id__in=keys)}
    ended = ConnectionCheck.objects.filter(kind=CheckKind.TEST, finished_at__isnull=False)
    newest = ended.filter(connection_id__in=keys).order_by("connection_id", "-created_at")
    tests = {row.connection_id: row for row in newest.distinct("connection_id")} if tested else {}
    return [
        ConnectionStanding(
            row,
            health.get(row.pk) or ConnectionHealth(connection=row),
            tests.get(row.pk),
            figures.get(row.pk, Figures()),
        )
        for row in connections
    ]
