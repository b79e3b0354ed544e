"""Writes of policies, each inside the tenant's scope, with a version of its own, audited before and after.

`actor` None is the operator. A rule that can not be raises RuleError; then nothing was saved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apps.audit.services import record
from apps.guardrails.detectors.expressions import ExpressionError
from apps.guardrails.finders import Finder
from apps.guardrails.models import ConversationValues, Policy, PolicyVersion
from apps.guardrails.rules import MOST_RULES, Rule, RuleError, override_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team


@dataclass(frozen=True, slots=True)
class Change:
    """What to change of a policy; None leaves a field as it is, "" inherits it (a team's alone)."""

    state: str | None = None
    covers: str | None = None
    files: str | None = None
    keep_days: int | None = None
    rules: tuple[Rule, ...] | None = None


def policy_change(*, actor: Actor | None, team: Team, change: Change) -> Policy:
    """Change a team's policy, the organisation's for the team Everyone; raises RuleError."""

    def apply(policy: Policy) -> None:
        if change.state is not None:
            policy.state = change.state
        if change.covers is not None:
            policy.covers = change.covers
        if change.files is not None:
            policy.files = change.files
        if change.keep_days is not None:
            policy.keep_days = change.keep_days
        if change.rules is not None:
            _check(team, change.rules)
            policy.rules = [rule.stored() for rule in change.rules]

    return _changed(actor, team, apply)


def rule_save(*, actor: Actor | None, team: Team, rule: Rule) -> Policy:
    """Add the rule, or put it in the place of the one with its id; raises RuleError."""

    def put(rules: list[Rule]) -> list[Rule]:
        known = any(each.id == rule.id for each in rules)
        return [rule if each.id == rule.id else each for each in rules] if known else [*rules, rule]

    return _rules_changed(actor, team, put)


def rule_remove(*, actor: Actor | None, team: Team, rule_id: str) -> Policy:
    """Take the rule away; an override that goes lets the organisation's rule hold again."""
    return _rules_changed(actor, team, lambda rules: [each for each in rules if each.id != rule_id])


def rule_override(*, actor: Actor | None, team: Team, rule: Rule) -> Rule:
    """Give the team a copy of the organisation's rule, to change or to switch off; the copy."""
    own = override_of(rule)
    rule_save(actor=actor, team=team, rule=own)
    return own


def rule_switch(*, actor: Actor | None, team: Team, rule: Rule, is_enabled: bool) -> Policy:
    """Switch a rule of the team's own on or off."""
    return rule_save(actor=actor, team=team, rule=replace(rule, is_enabled=is_enabled))


def values_forget(*, conversation_id: UUID) -> None:
    """Drop what stood behind a conversation's placeholders: it dies with the conversation."""
    ConversationValues.objects.filter(conversation_id=conversation_id).delete()


def _rules_changed(actor: Actor | None, team: Team, change: Callable[[list[Rule]], list[Rule]]) -> Policy:
    def apply(policy: Policy) -> None:
        rules = change(policy.read_rules())
        _check(team, rules)
        policy.rules = [rule.stored() for rule in rules]

    return _changed(actor, team, apply)


def _changed(actor: Actor | None, team: Team, apply: Callable[[Policy], None]) -> Policy:
    """One change: the row, its version, its event. Without a difference nothing is written."""
    policy = Policy.objects.select_for_update().filter(team=team).first()
    is_new = policy is None
    policy = policy or Policy.begun(team)
    before = snapshot(policy)
    apply(policy)
    after = snapshot(policy)
    if before == after:
        return policy
    policy.version += 1
    policy.save(force_insert=is_new)
    PolicyVersion(
        policy=policy,
        number=policy.version,
        snapshot=after,
        author_id=actor.user_id if actor else None,
        author_name=actor.name[:200] if actor else "",
    ).save(force_insert=True)
    record(
        actor=actor,
        action="policy.changed",
        target_type="team",
        target_id=team.pk,
        before=before,
        after=after,
        detail={"version": policy.version, "team": team.name},
    )
    return policy


def snapshot(policy: Policy) -> dict[str, Any]:
    """The policy as versions and the audit log keep it."""
    return {
        "state": str(policy.state),
        "covers": str(policy.covers),
        "files": str(policy.files),
        "keep_days": policy.keep_days,
        "rules": list(policy.rules),
    }


def _check(team: Team, rules: Iterable[Rule]) -> None:
    """Raise RuleError for rules that can not stand together in this team."""
    wanted = list(rules)
    if len(wanted) > MOST_RULES:
        raise RuleError("", f"A policy has at most {MOST_RULES} rules.")
    if len({rule.id for rule in wanted}) < len(wanted):
        raise RuleError("id", "Two rules have the same id.")
    overridden = [rule.overrides for rule in wanted if rule.overrides]
    if team.is_everyone and overridden:
        raise RuleError("overrides", "The organisation's own rules override nothing.")
    if len(set(overridden)) < len(overridden):
        raise RuleError("overrides", "A rule is overridden once in a team.")
    try:
        Finder(wanted)
    except ExpressionError as error:
        raise RuleError("patterns", str(error).partition(": ")[2] or str(error)) from error
