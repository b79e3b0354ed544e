"""Policies as REST gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.guardrails.selectors import reach_of

if TYPE_CHECKING:
    from apps.guardrails.models import Policy, PolicyVersion
    from apps.guardrails.selectors import Report, RuleRow, Side
    from apps.guardrails.trying import Trial


def side_output(side: Side) -> dict[str, Any]:
    """A team's policy with what it inherits."""
    policy = side.policy
    own = {"covers": policy.covers, "files": policy.files}
    return {
        "team_id": side.team.pk,
        "team": side.team.name,
        "is_organisations": side.team.is_everyone,
        "state": policy.state,
        "covers": side.covers,
        "files": side.files,
        "keep_days": side.organisation.keep_days,
        "inherits": [] if side.team.is_everyone else [name for name, value in own.items() if not value],
        "version": policy.version,
        "people": reach_of(side.team),
        "rules": [rule_output(row) for row in side.rows],
    }


def rule_output(row: RuleRow) -> dict[str, Any]:
    """A rule as it holds in a team."""
    stored = row.rule.stored()
    return stored | {"is_inherited": not row.is_own, "overrides": stored["overrides"] or None}


def policy_output(policy: Policy) -> dict[str, Any]:
    """A team that has a policy of its own."""
    return {
        "team_id": policy.team_id,
        "team": policy.team.name,
        "is_organisations": policy.team.is_everyone,
        "state": policy.state,
        "version": policy.version,
        "rules": len(policy.rules),
    }


def version_output(version: PolicyVersion) -> dict[str, Any]:
    """A policy as it was."""
    return {
        "id": version.pk,
        "number": version.number,
        "author": version.author_name,
        "created_at": version.created_at,
        "snapshot": version.snapshot,
    }


def trial_output(trial: Trial) -> dict[str, Any]:
    """What the rules make of a text."""
    return {
        "result": trial.result,
        "sentence": trial.sentence,
        "words": trial.words,
        "passes": trial.passes,
        "restored": trial.restored,
        "data_class": trial.data_class,
        "asks": list(trial.asks),
        "pieces": [
            {"text": piece.text, "kind": piece.kind.value if piece.kind else None, "rules": list(piece.rules)}
            for piece in trial.pieces
        ],
    }


def report_output(line: Report) -> dict[str, Any]:
    """What one rule found."""
    return {
        "rule_id": line.rule_id,
        "name": line.name,
        "action": line.action,
        "direction": line.direction,
        "is_shadow": line.is_shadow,
        "calls": line.calls,
        "count": line.count,
        "kinds": dict(line.kinds),
        "sentence": line.sentence,
    }
