"""Reads of policies as people see them, each inside the caller's tenant scope."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.guardrails.compiled import Compiled, made_ready
from apps.guardrails.detectors.kinds import Kind
from apps.guardrails.models import Covers, Files, Policy, PolicyState, PolicyVersion, RuleHit
from apps.guardrails.rules import Active

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from apps.accounts.models import Team
    from apps.guardrails.rules import Rule

DAYS: Final = (1, 7, 30, 90)
"""Periods of the report, in days."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a team's page shows it; `stands_for` is the organisation's that it overrides."""

    rule: Rule
    is_own: bool
    stands_for: Rule | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A team's policy beside the organisation's, of which it inherits what it does not say itself."""

    team: Team
    policy: Policy
    organisation: Policy
    rows: list[RuleRow] = field(default_factory=list)

    @property
    def covers(self) -> Covers:
        """Which models it stands before."""
        return Covers(self.policy.covers or self.organisation.covers or Covers.ALL)

    @property
    def files(self) -> Files:
        """What becomes of files that no rule can read."""
        return Files(self.policy.files or self.organisation.files or Files.BLOCK)

    def compiled(self, *, as_if_on: bool = False) -> Compiled:
        """The rules made ready; `as_if_on`: drafts and shadows too, as a trial wants them."""
        inherited = () if self.team.is_everyone else _actives(self.organisation, as_if_on=as_if_on)
        own = _actives(self.policy, as_if_on=as_if_on)
        return made_ready(inherited, own, covers=self.covers, files=self.files)


def _actives(policy: Policy, *, as_if_on: bool) -> list[Active]:
    if policy.state == PolicyState.OFF and not as_if_on:
        return []
    shadow = policy.state == PolicyState.SHADOW and not as_if_on
    return [Active(rule, policy.version, shadow) for rule in policy.read_rules()]


def policy_of(team: Team) -> Policy:
    """The team's policy; an empty one where it has none."""
    return Policy.objects.filter(team=team).first() or Policy.begun(team)


def side_of(team: Team) -> Side:
    """The team's policy with what it inherits; two statements."""
    organisation = accounts.everyone()
    policy = policy_of(team)
    above = policy if team.is_everyone else policy_of(organisation)
    own = policy.read_rules()
    theirs = [] if team.is_everyone else above.read_rules()
    by_id = {rule.id: rule for rule in theirs}
    overridden = {rule.overrides for rule in own}
    rows = [RuleRow(rule, is_own=False) for rule in theirs if rule.id not in overridden]
    rows += (RuleRow(rule, is_own=True, stands_for=by_id.get(rule.overrides)) for rule in own)
    return Side(team, policy, above, rows)


def access_row(side: Side, rule_id: UUID) -> RuleRow:
    """The rule of that id as the team has it; raises Http404."""
    for row in side.rows:
        if row.rule.id == str(rule_id):
            return row
    raise Http404


def access_own(side: Side, rule_id: UUID) -> Rule:
    """A rule of the team's own; raises Http404, also for one that it inherits."""
    row = access_row(side, rule_id)
    if not row.is_own:
        raise Http404
    return row.rule


def reach_of(team: Team) -> int:
    """How many active people the team's policy touches."""
    if team.is_everyone:
        return accounts.active_people().count()
    return accounts.members_of(team).filter(is_active=True).count()


def policies() -> QuerySet[Policy]:
    """Every policy, the organisation's first."""
    return Policy.objects.select_related("team").order_by("-team__is_everyone", "team__name")


def versions_of(policy: Policy) -> QuerySet[PolicyVersion]:
    """What the policy was, newest first."""
    return PolicyVersion.objects.filter(policy_id=policy.pk).order_by("-number")


@dataclass(slots=True)
class Report:
    """What one rule found in a period: in how many calls, how often, of which kinds."""

    rule_id: UUID
    name: str
    action: str
    direction: str
    is_shadow: bool
    calls: int = 0
    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def sentence(self) -> str:
        """ "Would have masked 12 in 5 calls"."""
        did = " and ".join(_DID[outcome][self.is_shadow] for outcome in sorted(self.outcomes))
        calls = "1 call" if self.calls == 1 else f"{self.calls:,} calls"
        said = f"{did} {self.count:,} in {calls}"
        return f"{said[:1].upper()}{said[1:]}"

    @property
    def found(self) -> list[tuple[str, int]]:
        """Kinds in words with their counts, the most frequent first."""
        return [(Kind(kind).label, count) for kind, count in self.kinds.most_common()]


_DID: Final = {
    "logged": ("found", "would have found"),
    "masked": ("masked", "would have masked"),
    "asked": ("asked about", "would have asked about"),
    "agreed": ("let through, as agreed,", "would have let through, as agreed,"),
    "routed": ("kept to cleared models", "would have kept to cleared models"),
    "blocked": ("blocked", "would have blocked"),
    "withdrawn": ("withdrew", "would have withdrawn"),
    "unchecked": ("could not check", "could not check"),
}


def hits(*, days: int, team_id: UUID | None = None, shadow: bool | None = None) -> QuerySet[RuleHit]:
    """What rules found in the last days, newest first."""
    rows = RuleHit.objects.filter(created_at__gte=timezone.now() - dt.timedelta(days=days))
    if team_id is not None:
        rows = rows.filter(team_id=team_id)
    if shadow is not None:
        rows = rows.filter(is_shadow=shadow)
    return rows.order_by("-created_at", "-id")


def report(rows: QuerySet[RuleHit]) -> list[Report]:
    """The hits by rule, direction and whether in shadow, most findings first."""
    found: dict[tuple[UUID, str, bool], Report] = {}
    columns = ("rule_id", "rule_name", "action", "direction", "is_shadow", "outcome", "kinds", "count")
    for rule_id, name, action, direction, shadow, outcome, kinds, count in rows.values_list(
        *columns
    ).iterator():
        key = (rule_id, direction, shadow)
        if key not in found:
            found[key] = Report(rule_id, name, action, direction, shadow)
        line = found[key]
        line.calls += 1
        line.count += count
        line.kinds.update(kinds)
        line.outcomes[outcome] += 1
    return sorted(found.values(), key=lambda line: (-line.count, line.name))


def summary(reports: Sequence[Report] | Iterable[Report]) -> str:
    """All of them in one sentence."""
    lines = list(reports)
    if not lines:
        return "No rule found anything."
    total, calls = sum(line.count for line in lines), sum(line.calls for line in lines)
    rules = "1 rule" if len(lines) == 1 else f"{len(lines)} rules"
    return f"{rules} found {total:,} value{'s' * (total != 1)} in {calls:,} call{'s' * (calls != 1)}."
