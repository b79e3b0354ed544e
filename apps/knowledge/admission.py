"""Who may read a document, and what class it has, as SQL for statements that find text.

permissions.py and Document.held_class say the same to the ORM.
"""

from __future__ import annotations

from typing import Final

_TEAMS: Final = """
  SELECT t.id FROM accounts_team t
  WHERE t.tenant_id = %(tenant)s
    AND (t.is_everyone OR EXISTS (SELECT 1 FROM accounts_membership m
           WHERE m.tenant_id = t.tenant_id AND m.team_id = t.id AND m.user_id = %(user)s))
"""
_REFUSES: Final = f"""
  x.owner_id IS DISTINCT FROM %(user)s
  AND NOT EXISTS (SELECT 1 FROM knowledge_restrictionreader y
    WHERE y.tenant_id = x.tenant_id AND y.restriction_id = x.id
      AND ((x.visibility = 'people' AND y.user_id = %(user)s)
           OR (x.visibility = 'teams' AND y.team_id IN ({_TEAMS}))))
"""  # noqa: S608 - our own text, every value is a parameter

ADMITTED: Final = f"""
  EXISTS (SELECT 1 FROM accounts_user u
          WHERE u.tenant_id = %(tenant)s AND u.id = %(user)s AND u.is_active)
  AND (b.owner_id = %(user)s
    OR b.visibility = 'tenant'
    OR (b.visibility = 'people' AND EXISTS (SELECT 1 FROM knowledge_knowledgebaseperson p
          WHERE p.tenant_id = b.tenant_id AND p.knowledge_base_id = b.id AND p.user_id = %(user)s))
    OR (b.visibility = 'teams' AND EXISTS (SELECT 1 FROM knowledge_knowledgebaseteam s
          WHERE s.tenant_id = b.tenant_id AND s.knowledge_base_id = b.id AND s.team_id IN ({_TEAMS}))))
  AND NOT EXISTS (SELECT 1 FROM knowledge_restriction x
        WHERE x.tenant_id = %(tenant)s AND x.document_id IN (d.id, d.version_of_id) AND {_REFUSES})
  AND NOT EXISTS (SELECT 1 FROM knowledge_restriction x
        WHERE x.tenant_id = %(tenant)s AND x.knowledge_base_id = b.id AND x.document_id IS NULL
          AND starts_with(d.folder || '/', x.folder || '/') AND {_REFUSES})
"""  # noqa: S608 - as above
"""Whether `%(user)s` may read document `d` of collection `b`; both aliases are the caller's."""

CLASSED: Final = """
  CASE WHEN d.class_reason <> '' THEN coalesce(d.data_class, b.data_class)
       ELSE greatest(b.data_class, d.data_class) END
"""
"""The data class of document `d` of collection `b`: at least its collection's unless lowered for a reason."""
