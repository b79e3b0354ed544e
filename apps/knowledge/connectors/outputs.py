"""Sources as clients see them: plain dictionaries without secrets, described by api.source_serializers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.knowledge.connectors.registry import KINDS

if TYPE_CHECKING:
    from apps.knowledge.connectors.base import Kind
    from apps.knowledge.connectors.models import Source, SourceItem


def kind_output(kind: Kind) -> dict[str, Any]:
    """A kind and the fields that its settings take."""
    return {
        "kind": kind.slug,
        "label": kind.label,
        "purpose": kind.purpose,
        "readers": kind.readers,
        "mirrors_permissions": kind.mirrors,
        "fields": [
            {
                "name": known.name,
                "label": known.label,
                "help": known.help,
                "required": known.required,
                "secret": known.secret,
                "default": known.default,
            }
            for known in kind.fields
        ],
    }


def source_output(source: Source) -> dict[str, Any]:
    """A source; needs `knowledge_base` and the counts of selectors.sources loaded."""
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind,
        "knowledge_base": {"id": source.knowledge_base_id, "name": source.knowledge_base.name},
        "settings": source.settings,
        "has_secret": source.has_secret,
        "every_minutes": source.every_minutes,
        "is_paused": source.is_paused,
        "state": source.state,
        "error": source.error,
        "note": source.note,
        "readers": KINDS[source.kind].readers if source.kind in KINDS else "",
        "documents": getattr(source, "documents", 0),
        "left_out": getattr(source, "left_out", 0),
        "last_sync": {
            "at": source.synced_at,
            "added": source.added,
            "changed": source.changed,
            "removed": source.removed,
            "failed": source.failed,
        },
        "next_sync_at": None if source.is_paused else source.due_at,
        "created_at": source.created_at,
        "updated_at": source.updated_at,
    }


def item_output(item: SourceItem) -> dict[str, Any]:
    """A file of a source, and the document that was made of it."""
    return {
        "id": item.id,
        "key": item.key,
        "link": item.link,
        "document_id": item.document_id,
        "problem": item.problem,
        "updated_at": item.updated_at,
    }
