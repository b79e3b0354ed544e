"""Reads of sources and of what they brought, in the caller's scope and in few statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q

from apps.knowledge.connectors.models import Source, SourceItem
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet


def sources() -> QuerySet[Source]:
    """Every source of the organisation, with its collection and the numbers of its items."""
    left_out = Q(items__document=None) & ~Q(items__problem="")
    return Source.objects.select_related("knowledge_base").annotate(
        documents=Count("items__document"), left_out=Count("items", filter=left_out)
    )


def access_source(source_id: UUID) -> Source:
    """The source with its numbers, for who manages knowledge; 404 where there is none."""
    source = sources().filter(id=source_id).first()
    if source is None:
        raise not_found()
    return source


def problems_of(source: Source) -> QuerySet[SourceItem]:
    """Items that were left out or could not be read, by their place in the source."""
    return SourceItem.objects.filter(source_id=source.id).exclude(problem="").order_by("key")


def items_of(source: Source) -> QuerySet[SourceItem]:
    """Everything that is known of the source, with the documents."""
    return SourceItem.objects.filter(source_id=source.id).select_related("document")
