"""A trial and a dry run as the page shows them: steps, words, bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils import timezone

from apps.llm.errors import ModelNotFoundError
from apps.llm.routes.forecast import dry_run
from apps.llm.routes.past import past_questions
from apps.llm.routes.selectors import plan_of

if TYPE_CHECKING:
    from apps.accounts.models import Team
    from apps.llm.models import Route
    from apps.llm.routes.forecast import Pick, Summary
    from apps.runs.models import Run

NOBODY_TOOK_IT: Final = timedelta(seconds=20)
MOST_BARS: Final = 8


def trial_shown(run: Run) -> dict[str, Any]:
    """A trial as far as it has come."""
    log = [(kind, payload) for _, kind, payload in run.log]
    steps = {payload["step"]["index"]: payload["step"] for kind, payload in log if kind == "step"}
    is_queued = not run.is_over and not log
    return {
        "run": run,
        "is_live": not run.is_over,
        "is_late": is_queued and timezone.now() - run.created_at > NOBODY_TOOK_IT,
        "seconds": max(0, round(((run.ended_at or timezone.now()) - run.created_at).total_seconds())),
        "steps": [steps[index] for index in sorted(steps)],
        "text": "".join(payload for kind, payload in log if kind == "text"),
        "note": run.result.get("route"),
        "asked": run.input["text"],
        "data_class": run.input.get("data_class", ""),
        "team_id": str(run.team_id),
        "result_url": _address(run, "result"),
        "stop_url": _address(run, "stop"),
    }


def _address(run: Run, part: str) -> str:
    """Where the trial's page asks how it fares, and where it is stopped."""
    of = "route" if "route_id" in run.input else "model"
    return reverse(f"admin-{of}-trial-{part}", args=[run.input[f"{of}_id"], run.pk])


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: its label, its length from 0 to 100, its value in words, and how it is drawn."""

    label: str
    length: float
    value: str
    look: str = "solid"


@dataclass(frozen=True, slots=True)
class PickRow:
    """A row of the table behind the chart."""

    pick: Pick
    percent: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars under a title, with the same in one sentence."""

    id: str
    title: str
    summary: str
    bars: list[Bar]


def dry_run_shown(route: Route, team: Team | None, *, of_team: bool, zone: str) -> dict[str, Any] | None:
    """The dry run as that team, over all questions or the team's own; None where no team is named."""
    if team is None:
        return None
    found: dict[str, Any] = {"team": team, "of_team": of_team, "summary": None}
    try:
        plan = plan_of(route.pk, team.pk)
    except ModelNotFoundError:
        return found
    summary = dry_run(plan, past_questions(team.pk if of_team else None, zone=zone))
    rows = [PickRow(pick, 100 * pick.questions / summary.questions) for pick in summary.picked]
    return found | {
        "summary": summary,
        "rows": rows,
        "charts": [_picks(rows, summary), _costs(summary)] if summary.picked else [],
    }


def _picks(rows: list[PickRow], summary: Summary) -> BarChart:
    shown, rest = rows[:MOST_BARS], rows[MOST_BARS:]
    bars = [Bar(row.pick.models, row.percent, _questions(row.pick.questions)) for row in shown]
    if rest:
        count = sum(row.pick.questions for row in rest)
        bars.append(Bar(f"{len(rest)} others", 100 * count / summary.questions, _questions(count)))
    if summary.nobody:
        share = 100 * summary.nobody / summary.questions
        bars.append(Bar("Nobody", share, _questions(summary.nobody), "hollow"))
    first = rows[0].pick
    said = f"{first.models} would have answered {first.questions:,} of {_questions(summary.questions)}."
    return BarChart("picks", "Who would have answered", said, bars)


def _costs(summary: Summary) -> BarChart:
    most = max(summary.was, summary.most, summary.least) or Decimal(1)
    would = [Bar("It would have cost", float(100 * summary.least / most), money(summary.least))]
    if summary.most != summary.least:
        would = [
            Bar("It would have cost, at least", float(100 * summary.least / most), money(summary.least)),
            Bar(
                "It would have cost, at most",
                float(100 * summary.most / most),
                money(summary.most),
                "striped",
            ),
        ]
    was = Bar("It did cost", float(100 * summary.was / most), money(summary.was), "hollow")
    return BarChart("costs", "What it would have cost", _compared(summary), [*would, was])


def _compared(summary: Summary) -> str:
    unknown = summary.unknown or summary.was_unknown
    if unknown:
        return (
            f"The price of {_questions(summary.unknown)} is not known, and of {summary.was_unknown:,} what "
            "they did cost: the sums leave these out and can not be compared."
        )
    if not summary.was:
        return f"Between {money(summary.least)} and {money(summary.most)}."
    change = (summary.most - summary.was) / summary.was
    word = "more" if change > 0 else "less"
    return f"At most {money(summary.most)} in place of {money(summary.was)}: {abs(change):.0%} {word}."


def _questions(count: int) -> str:
    return f"{count:,} question" if count == 1 else f"{count:,} questions"


def money(amount: Decimal) -> str:
    """US dollars with as many decimals as say something."""
    places = 2 if amount >= 1 or not amount else 4 if amount >= Decimal("0.01") else 6
    return f"{amount:,.{places}f} USD"
