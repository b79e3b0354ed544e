"""The files of a vector store, and batches of them: documents of a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.api.openai.stores.base import StoreApi, listed
from apps.api.openai.stores.ids import FILE, read_id
from apps.api.openai.stores.inputs import AttributesInput, BatchInput, StoreFileInput, wish_of
from apps.api.openai.stores.shapes import batch_shape, file_id, store_file_shape
from apps.knowledge import services as documents
from apps.knowledge.permissions import access_content
from apps.knowledge.selectors import chunks_of
from apps.knowledge.stores import services
from apps.knowledge.stores.access import (
    access_all_kept,
    access_batch,
    access_kept,
    access_store,
    access_store_file,
    store_files,
)
from apps.knowledge.stores.selectors import STATUS
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from apps.knowledge.models import Document, FileBatch


class _OfFiles(StoreApi):
    def shown(self, store_id: UUID, given_id: UUID) -> Response:
        """A file of the store as it is now."""
        _, document = access_store_file(self.actor, store_id, given_id)
        return Response(store_file_shape(document))

    def page(self, request: Request, rows: QuerySet[Document]) -> Response:
        """Files, `filter` by their status."""
        if wanted := request.query_params.get("filter"):
            states = [state for state, status in STATUS.items() if status == wanted]
            if not states:
                raise invalid([{"field": "filter", "message": f"One of {', '.join(set(STATUS.values()))}."}])
            rows = rows.filter(state__in=states)

        def find(text: str) -> Document | None:
            given = read_id(FILE, text)
            if given is None:
                return None
            return rows.filter(store_files__given_id=given).first() or rows.filter(file_id=given).first()

        return listed(request, rows, store_file_shape, find=find)


@extend_schema(exclude=True)
class StoreFileListApi(_OfFiles):
    """The files of a store."""

    def get(self, request: Request, store_id: UUID) -> Response:
        """Newest first, or `order=asc`."""
        return self.page(request, store_files(self.actor, access_store(self.actor, store_id)))

    def post(self, request: Request, store_id: UUID) -> Response:
        """Have a file that was given before read into the store."""
        base = access_store(self.actor, store_id, change=True)
        values = self.taken(request, StoreFileInput)
        kept = access_kept(self.actor, values["file_id"])
        services.file_attach(actor=self.actor, base=base, kept=kept, wish=wish_of(values))
        services.store_touch(base)
        return self.shown(store_id, kept.file_id)


@extend_schema(exclude=True)
class StoreFileApi(_OfFiles):
    """One file of a store."""

    def get(self, request: Request, store_id: UUID, given_id: UUID) -> Response:
        """How far it was read."""
        return self.shown(store_id, given_id)

    def post(self, request: Request, store_id: UUID, given_id: UUID) -> Response:
        """Say something else of it."""
        _, document = access_store_file(self.actor, store_id, given_id, change=True)
        attributes = self.taken(request, AttributesInput)["attributes"] or {}
        services.attributes_set(actor=self.actor, document=document, attributes=attributes)
        return self.shown(store_id, given_id)

    def delete(self, request: Request, store_id: UUID, given_id: UUID) -> Response:
        """Take it out; the file stays where it was given by itself."""
        _, document = access_store_file(self.actor, store_id, given_id, change=True)
        documents.document_delete(actor=self.actor, document=document)
        return Response({"id": file_id(given_id), "object": "vector_store.file.deleted", "deleted": True})


@extend_schema(exclude=True)
class StoreFileContentApi(_OfFiles):
    """What was read of a file."""

    def get(self, request: Request, store_id: UUID, given_id: UUID) -> Response:
        """Its passages in reading order; what neighbours share stands once."""
        _, document = access_store_file(self.actor, store_id, given_id)
        readable = access_content(self.actor, document.id)
        data, end = [], 0
        for chunk in chunks_of(readable).filter(is_excluded=False):
            data.append({"type": "text", "text": chunk.text[max(0, end - chunk.start) :]})
            end = max(end, chunk.end)
        page: dict[str, Any] = {"object": "vector_store.file_content.page", "data": data}
        return Response(page | {"has_more": False, "next_page": None})


@extend_schema(exclude=True)
class BatchListApi(_OfFiles):
    """Batches of files into a store."""

    def post(self, request: Request, store_id: UUID) -> Response:
        """Have up to 500 files that were given before read into the store; all or none."""
        base = access_store(self.actor, store_id, change=True)
        values = self.taken(request, BatchInput)
        wishes = {each["file_id"]: wish_of(each) for each in values.get("files", ())}
        wishes |= {given: wish_of(values) for given in values.get("file_ids", ())}
        kept = access_all_kept(self.actor, wishes.keys())
        files = [(kept[given], wish) for given, wish in wishes.items()]
        return Response(_told(services.batch_attach(actor=self.actor, base=base, files=files)))


@extend_schema(exclude=True)
class BatchApi(_OfFiles):
    """One batch."""

    def get(self, request: Request, store_id: UUID, batch_id: UUID) -> Response:
        """How far its files are read."""
        return Response(_told(access_batch(self.actor, store_id, batch_id)))


@extend_schema(exclude=True)
class BatchCancelApi(_OfFiles):
    """The end of a batch."""

    def post(self, request: Request, store_id: UUID, batch_id: UUID) -> Response:
        """Hold back what of it is not read yet."""
        batch = access_batch(self.actor, store_id, batch_id, change=True)
        services.batch_cancel(actor=self.actor, batch=batch)
        return Response(_told(batch))


@extend_schema(exclude=True)
class BatchFileListApi(_OfFiles):
    """The files of a batch."""

    def get(self, request: Request, store_id: UUID, batch_id: UUID) -> Response:
        """Newest first, or `order=asc`."""
        batch = access_batch(self.actor, store_id, batch_id)
        rows = store_files(self.actor, batch.knowledge_base)
        return self.page(request, rows.filter(store_files__batch=batch))


def _told(batch: FileBatch) -> dict[str, Any]:
    return batch_shape(batch, list(batch.files.values_list("document__state", flat=True)))
