"""/v1/vector_stores: collections, as far as the key's person may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.api.openai.stores.base import StoreApi, listed
from apps.api.openai.stores.ids import STORE, read_id
from apps.api.openai.stores.inputs import StoreInput, StoreUpdateInput, wish_of
from apps.api.openai.stores.shapes import store_shape
from apps.knowledge import services as collections
from apps.knowledge.stores import selectors, services
from apps.knowledge.stores.access import access_all_kept, access_store

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import KnowledgeBase


class _OfStores(StoreApi):
    def shown(self, base: KnowledgeBase) -> Response:
        """The store as it is now."""
        rows = type(base).objects.filter(id=base.id)
        return Response(store_shape(selectors.counted(rows).get()))


@extend_schema(exclude=True)
class StoreListApi(_OfStores):
    """The collections that the key's person may read."""

    def get(self, request: Request) -> Response:
        """Newest first, or `order=asc`."""
        rows = selectors.stores(self.actor)

        def find(text: str) -> KnowledgeBase | None:
            wanted = read_id(STORE, text)
            return rows.filter(id=wanted).first() if wanted else None

        return listed(request, rows, store_shape, find=find)

    def post(self, request: Request) -> Response:
        """A new private collection, with files that were given before."""
        values = self.taken(request, StoreInput)
        kept = access_all_kept(self.actor, values.get("file_ids", ()))
        base = services.store_create(
            actor=self.actor,
            name=values.get("name") or "",
            description=values.get("description") or "",
            metadata=values.get("metadata") or {},
            expires_days=_days(values.get("expires_after")),
        )
        if kept:
            wish = wish_of(values)
            services.batch_attach(actor=self.actor, base=base, files=[(each, wish) for each in kept.values()])
        return self.shown(base)


@extend_schema(exclude=True)
class StoreItemApi(_OfStores):
    """One collection."""

    def get(self, request: Request, store_id: UUID) -> Response:
        """Its name, how far its files are read, when it expires."""
        return self.shown(access_store(self.actor, store_id))

    def post(self, request: Request, store_id: UUID) -> Response:
        """Rename it, or say something else of it."""
        base = access_store(self.actor, store_id, change=True)
        values = self.taken(request, StoreUpdateInput)
        said: dict[str, Any] = {}
        if "metadata" in values:
            said["metadata"] = values["metadata"] or {}
        if "expires_after" in values:
            said["expires_days"] = _days(values["expires_after"])
        services.store_update(actor=self.actor, base=base, name=values.get("name"), **said)
        return self.shown(base)

    def delete(self, request: Request, store_id: UUID) -> Response:
        """Delete it with its documents; files that were given by themselves stay."""
        base = access_store(self.actor, store_id, change=True)
        collections.knowledge_base_delete(actor=self.actor, knowledge_base=base)
        return Response({"id": f"{STORE}{store_id.hex}", "object": "vector_store.deleted", "deleted": True})


def _days(given: dict[str, Any] | None) -> int | None:
    return given["days"] if given else None
