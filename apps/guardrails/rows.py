"""The statements that stand before every first token: which policies hold, and what is known of the chat.

Beside the statement that loads the model, so that a tenant without policies pays for one empty answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from apps.guardrails.models import MAP_FIELD
from apps.guardrails.placeholders import Placeholders
from apps.guardrails.policy import Known
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute, execute_later
from apps.vault.sealing import open_sealed, seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.guardrails.policy import Hit, Memory
    from apps.tenants.postgresql.statements import Done, Values

_STANDING: Final = Statement("""
SELECT p.id, p.version, t.is_everyone, v.sealed, v.version,
       (SELECT r.input -> 'confirmed' FROM runs_run r WHERE r.tenant_id = p.tenant_id AND r.id = %(run)s)
FROM guardrails_policy p
JOIN accounts_team t ON t.tenant_id = p.tenant_id AND t.id = p.team_id
LEFT JOIN guardrails_conversationvalues v
       ON v.tenant_id = p.tenant_id AND v.conversation_id = %(conversation)s
WHERE p.tenant_id = %(tenant)s AND (p.team_id = %(team)s OR t.is_everyone)
  AND (p.state <> 'off' OR (t.is_everyone AND EXISTS (
        SELECT 1 FROM guardrails_policy o
        WHERE o.tenant_id = p.tenant_id AND o.team_id = %(team)s AND o.state <> 'off')))
""")
_RULES: Final = Statement("""
SELECT p.id, p.version, t.is_everyone, p.state, p.covers, p.files, p.rules
FROM guardrails_policy p
JOIN accounts_team t ON t.tenant_id = p.tenant_id AND t.id = p.team_id
WHERE p.tenant_id = %s AND p.id = ANY(%s)
""")
_KEEP: Final = Statement("""
INSERT INTO guardrails_conversationvalues AS v (id, tenant_id, conversation_id, sealed, version)
SELECT %(id)s::uuid, %(tenant)s::uuid, %(conversation)s::uuid, %(sealed)s::bytea, 1
WHERE NOT EXISTS (SELECT 1 FROM runs_run r
                  WHERE r.tenant_id = %(tenant)s AND r.id = %(run)s AND r.stop_requested_at IS NOT NULL)
ON CONFLICT (tenant_id, conversation_id) DO UPDATE
SET sealed = EXCLUDED.sealed, version = v.version + 1 WHERE v.version = %(seen)s
RETURNING 1
""")
_HITS: Final = Statement("""
INSERT INTO guardrails_rulehit (id, tenant_id, created_at, team_id, user_id, run_id, call_id, model_id,
                                purpose, policy_version, rule_id, rule_name, action, direction, outcome,
                                is_shadow, kinds, count, data_class)
SELECT n.id, %(tenant)s, clock_timestamp(), %(team)s::uuid, %(user)s::uuid, %(run)s::uuid, %(call)s::uuid,
       %(model)s, %(purpose)s, n.policy_version, n.rule_id, n.rule_name, n.action, n.direction,
       n.outcome, n.is_shadow, n.kinds, n.count, n.data_class
FROM jsonb_to_recordset(%(rows)s::jsonb)
     AS n(id uuid, policy_version int, rule_id uuid, rule_name text, action text, direction text,
          outcome text, is_shadow boolean, kinds jsonb, count int, data_class smallint)
""")


class ValuesMovedError(Exception):
    """Another call of the conversation added values meanwhile: look again."""


class Standing(NamedTuple):
    """Which policies hold for a call, in which versions, and what is known of its conversation.

    The organisation's stands among them also where it is off and a team's is on: that inherits its settings.
    """

    versions: tuple[tuple[UUID, int], ...]
    sealed: bytes
    seen: int
    confirmed: frozenset[str]

    def known(self, tenant_id: UUID, tools: Mapping[str, DataClass]) -> Known:
        """The conversation's placeholders and what was agreed to, opened; a copy of the caller's own."""
        if not self.sealed:
            return Known(Placeholders(), confirmed=self.confirmed, tools=tools)
        opened = orjson.loads(open_sealed(self.sealed, tenant_id=tenant_id, field=MAP_FIELD))
        values = Placeholders.load(opened["values"])
        return Known(values, frozenset(opened["agreed"]), self.confirmed, tools)


class Affair(NamedTuple):
    """The call that rules were held against, as the log keeps it."""

    team_id: UUID | None
    user_id: UUID | None
    run_id: UUID | None
    model_id: UUID
    purpose: str


def standing_call(
    *, team_id: UUID | None, conversation_id: UUID | None, run_id: UUID | None
) -> tuple[Statement, Values]:
    """The statement that reads what holds; `standing_of` makes sense of its answer."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "team": team_id,
        "conversation": conversation_id,
        "run": run_id,
    }
    return _STANDING, values


def standing_of(done: Done) -> Standing | None:
    """What holds; None without a policy."""
    if not done.rows:
        return None
    rows = sorted(done.rows, key=lambda row: not row[2])
    confirmed = rows[0][5]
    return Standing(
        tuple((row[0], row[1]) for row in rows),
        bytes(rows[0][3] or b""),
        rows[0][4] or 0,
        frozenset(orjson.loads(confirmed) if isinstance(confirmed, str | bytes) else confirmed or ()),
    )


def policies_read(standing: Standing) -> Sequence[Sequence[Any]]:
    """The policies with their rules, the organisation's first."""
    ids = [policy_id for policy_id, _ in standing.versions]
    return sorted(execute(_RULES, [current_tenant_id(), ids]).rows, key=lambda row: not row[2])


def values_keep(conversation_id: UUID, memory: Memory, standing: Standing, run_id: UUID | None) -> None:
    """Seal what was added; raises ValuesMovedError where another call was quicker.

    Also for a run that is to stop: its chat may have been deleted, and with it what it remembered.
    """
    tenant_id = current_tenant_id()
    text = orjson.dumps({"values": memory.placeholders.dump(), "agreed": sorted(memory.agreed)}).decode()
    values: dict[str, Any] = {
        "id": new_id(),
        "tenant": tenant_id,
        "conversation": conversation_id,
        "sealed": seal(text, tenant_id=tenant_id, field=MAP_FIELD),
        "seen": standing.seen,
        "run": run_id,
    }
    if execute(_KEEP, values).row is None:
        raise ValuesMovedError


class Note(NamedTuple):
    """What rules found in one call; `call_id` None: nothing was sent."""

    affair: Affair
    call_id: UUID | None
    hits: Sequence[Hit]


def hits_keep(notes: Sequence[Note]) -> list[None]:
    """Write what was found, without the values, with the scope's next statement or its end."""
    for note in notes:
        _hits_keep(note)
    return [None] * len(notes)


def _hits_keep(note: Note) -> None:
    affair = note.affair
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "team": affair.team_id,
        "user": affair.user_id,
        "run": affair.run_id,
        "call": note.call_id,
        "model": affair.model_id,
        "purpose": affair.purpose,
        "rows": orjson.dumps([_row(hit) for hit in note.hits]).decode(),
    }
    if note.hits:
        execute_later(_HITS, values)


def _row(hit: Hit) -> dict[str, Any]:
    rule = hit.active.rule
    return {
        "id": new_id(),
        "policy_version": hit.active.version,
        "rule_id": rule.id,
        "rule_name": rule.name,
        "action": rule.action.value,
        "direction": hit.direction,
        "outcome": hit.outcome,
        "is_shadow": hit.active.is_shadow,
        "kinds": {kind.value: count for kind, count in hit.kinds.items()},
        "count": hit.count,
        "data_class": int(rule.class_of(hit.kinds)),
    }
