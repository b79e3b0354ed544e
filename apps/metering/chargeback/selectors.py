"""Reads of statements and cost centres, in the caller's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.models import Team
from apps.metering.models import CostCentre, Statement, StatementLine
from apps.metering.usage.filters import Sight
from apps.rest.errors import not_found

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor


def statements(actor: Actor, month: dt.date | None = None) -> QuerySet[Statement]:
    """The statements that the person may see, newest first: all, or those of the teams that they lead."""
    sight = Sight.of(actor)
    found = Statement.objects.all() if sight.is_all else Statement.objects.filter(team_id__in=sight.team_ids)
    if month is not None:
        found = found.filter(month=month)
    return found.order_by("-month", "number")


def access_statement(actor: Actor, statement_id: UUID) -> Statement:
    """One of them; raises 404."""
    found = statements(actor).filter(id=statement_id).first()
    if found is None:
        raise not_found()
    return found


def lines_of(statement: Statement) -> list[StatementLine]:
    """The statement's lines by model, corrections after the calls."""
    ((_, lines),) = with_lines([statement])
    return lines


def with_lines(found: Iterable[Statement]) -> list[tuple[Statement, list[StatementLine]]]:
    """These statements, each with its lines, in one query."""
    wanted = list(found)
    rows = StatementLine.objects.filter(statement__in=wanted)
    lines: dict[UUID, list[StatementLine]] = {}
    for line in rows.order_by("model_slug", "is_correction", "percent"):
        lines.setdefault(line.statement_id, []).append(line)
    return [(statement, lines.get(statement.pk, [])) for statement in wanted]


def months(actor: Actor) -> list[dt.date]:
    """The months that the person has a statement of, newest first."""
    return list(statements(actor).order_by("-month").values_list("month", flat=True).distinct())


def team_codes() -> list[tuple[Team, CostCentre | None]]:
    """Every team with its cost centre, by name."""
    codes = {row.team_id: row for row in CostCentre.objects.all()}
    return [(team, codes.get(team.pk)) for team in Team.objects.order_by("name")]
