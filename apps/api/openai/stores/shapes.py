"""Files, stores and what is in them, as OpenAI's clients read them. Times in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.api.openai.stores.ids import BATCH, FILE, STORE
from apps.api.openai.stores.inputs import CHARACTERS
from apps.knowledge.models import DocumentState
from apps.knowledge.stores.selectors import STATUS, expiry_of, setting_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.files.models import File
    from apps.knowledge.models import Chunk, Document, FileBatch, KeptFile, KnowledgeBase, StoreFile

COUNTED: Final = ("in_progress", "completed", "failed", "cancelled")
_UNSUPPORTED: Final = {"unsupported", "encrypted"}


def file_shape(file: File, kept: KeptFile | None) -> dict[str, Any]:
    """A file; one that came into a collection otherwise has the purpose `assistants`."""
    return {
        "id": file_id(file.id),
        "object": "file",
        "bytes": file.size,
        "created_at": seconds(file.created_at),
        "filename": file.name,
        "purpose": kept.purpose if kept else "assistants",
        "status": "processed",
        "expires_at": seconds(kept.expires_at) if kept and kept.expires_at else None,
    }


def store_shape(base: KnowledgeBase) -> dict[str, Any]:
    """A store; needs what stores.selectors.counted loads."""
    setting, expiry = setting_of(base), expiry_of(setting_of(base))
    counts = {status: getattr(base, f"files_{status}") for status in COUNTED}
    used = setting.active_at if setting else getattr(base, "used_at", None) or base.updated_at
    return {
        "id": f"{STORE}{base.id.hex}",
        "object": "vector_store",
        "created_at": seconds(base.created_at),
        "name": base.name,
        "description": base.description,
        "usage_bytes": getattr(base, "used_bytes", 0),
        "file_counts": counts | {"total": sum(counts.values())},
        "status": _status(counts, expiry),
        "expires_after": {"anchor": "last_active_at", "days": setting.expires_days}
        if setting and setting.expires_days
        else None,
        "expires_at": seconds(expiry) if expiry else None,
        "last_active_at": seconds(used),
        "metadata": setting.metadata if setting else {},
    }


def store_file_shape(document: Document) -> dict[str, Any]:
    """A document as a file of its store; needs `store_files` loaded."""
    said = next(iter(document.store_files.all()), None)
    status = STATUS[DocumentState(document.state)]
    tokens = document.chunk_size // CHARACTERS
    return {
        "id": file_id(said.given_id if said else document.file_id),
        "object": "vector_store.file",
        "created_at": seconds(document.created_at),
        "usage_bytes": document.file.size,
        "vector_store_id": f"{STORE}{document.knowledge_base_id.hex}",
        "status": status,
        "last_error": _error(document) if status == "failed" else None,
        "attributes": said.attributes if said else {},
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": tokens, "chunk_overlap_tokens": tokens * 15 // 100},
        },
    }


def batch_shape(batch: FileBatch, states: list[str]) -> dict[str, Any]:
    """A batch by the states of its documents."""
    told = [STATUS[DocumentState(state)] for state in states]
    counts = {status: told.count(status) for status in COUNTED}
    whole = "completed"
    if counts["in_progress"]:
        whole = "in_progress"
    elif counts["cancelled"]:
        whole = "cancelled"
    elif counts["failed"] and not counts["completed"]:
        whole = "failed"
    return {
        "id": f"{BATCH}{batch.id.hex}",
        "object": "vector_store.files_batch",
        "created_at": seconds(batch.created_at),
        "vector_store_id": f"{STORE}{batch.knowledge_base_id.hex}",
        "status": whole,
        "file_counts": counts | {"total": len(told)},
    }


def hit_shape(chunk: Chunk, score: float, said: StoreFile | None) -> dict[str, Any]:
    """A passage that a search found."""
    document = chunk.document
    return {
        "file_id": file_id(said.given_id if said else document.file_id),
        "filename": document.file.name,
        "score": score,
        "attributes": said.attributes if said else {},
        "content": [{"type": "text", "text": chunk.text}],
    }


def file_id(id_: UUID) -> str:
    """A file's id."""
    return f"{FILE}{id_.hex}"


def seconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp())


def _status(counts: dict[str, int], expiry: datetime | None) -> str:
    if expiry and expiry < timezone.now():
        return "expired"
    return "in_progress" if counts["in_progress"] else "completed"


def _error(document: Document) -> dict[str, str]:
    code = "server_error" if document.may_retry else "invalid_file"
    if document.error_kind in _UNSUPPORTED:
        code = "unsupported_file"
    return {"code": code, "message": document.error_detail}
