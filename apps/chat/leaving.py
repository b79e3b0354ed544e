"""Files of deleted conversations, which fill no quota while they wait to be erased (docs/adr/0030)."""

from __future__ import annotations

from django.db.models import Q

from apps.chat.models import Conversation, Picture
from apps.knowledge.models import Document


def files_of_deleted() -> Q:
    """Those that were attached and those that were painted; in a scope."""
    deleted = Conversation.objects.filter(deleted_at__isnull=False)
    documents = Document.objects.filter(knowledge_base__conversation_id__in=deleted.values("id"))
    pictures = Picture.objects.filter(conversation__in=deleted)
    return Q(id__in=documents.values("file_id")) | Q(id__in=pictures.values("file_id"))
