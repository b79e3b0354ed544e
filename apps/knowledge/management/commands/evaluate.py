"""Measure retrieval on a judged set: `manage.py evaluate PATH [--tenant T] [--embedding M] [--json]`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.selectors import active_people
from apps.knowledge.embedding import UnfitVectorError, embedding_model, embedding_model_named
from apps.knowledge.evaluation.running import Setting, evaluate
from apps.knowledge.evaluation.sets import UnreadableSetError, read_set
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.llm.selectors import models_for_every_team
from apps.llm.vendors.base import Modality
from apps.tenants.hosts import forget_hosts, oldest_tenant, tenant_of_slug
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from types import FrameType
    from uuid import UUID

    from django.core.management.base import CommandParser

    from apps.tenants.hosts import TenantRef

AUTO: Final = "auto"
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Measure how well a set in BEIR's layout is found. Its documents are removed again afterwards."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder with corpus.jsonl, queries.jsonl and qrels.tsv")
        parser.add_argument("--tenant", help="slug of the organisation; else the oldest one")
        parser.add_argument("--embedding", help="slug of the embedding model; else the organisation's own")
        parser.add_argument("--reranker", help="slug of a model that puts what was found in order")
        parser.add_argument(
            "--language", default=AUTO, help="ISO 639-1 code of all texts (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        before = {number: signal.signal(number, _stop) for number in _SIGNALS}
        try:
            judged = read_set(options["path"])
            tenant = _tenant(options["tenant"])
            setting = _setting(tenant, options)
            outcome = evaluate(judged, setting)
        except UnreadableSetError as error:
            raise CommandError(str(error)) from error
        except (VendorError, GuardrailRefusedError, ModelNotFoundError, UnfitVectorError) as error:
            raise CommandError(f"A model did not answer: {error}. Nothing was kept.") from error
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        figures = {
            "set": judged.name,
            "tenant": tenant.slug,
            "embedding": setting.model.slug,
            "language": options["language"],
        } | outcome.figures()
        self.stdout.write(json.dumps(figures) if options["json"] else _table(figures))


def _stop(number: int, frame: FrameType | None) -> None:
    """End the command; what it stored is removed on the way, which another signal does not break off."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.stderr.write("Removing what was stored for the evaluation …\n")
    sys.exit(128 + number)


def _tenant(slug: str | None) -> TenantRef:
    forget_hosts()
    tenant = tenant_of_slug(slug) if slug else oldest_tenant()
    if tenant is None and slug:
        raise CommandError(f"There is no organisation with the slug {slug!r}.")
    if tenant is None:
        raise CommandError(
            "There is no organisation yet: open the link that bin/up prints, or tenant_create."
        )
    return tenant


def _setting(tenant: TenantRef, options: dict[str, Any]) -> Setting:
    with tenant_scope(tenant.id):
        user = active_people().order_by("created_at").first()
        if user is None:
            raise CommandError(
                f"{tenant.slug} has no active account to search as: make one with user_create."
            )
        try:
            name = options["embedding"]
            model = embedding_model_named(name) if name else embedding_model()
        except ModelNotFoundError as error:
            raise CommandError(f"There is no embedding model {name!r} that Everyone may use.") from error
        reranker_id = _reranker(options["reranker"])
    if model is None:
        raise CommandError(f"{tenant.slug} has no embedding model that Everyone may use.")
    language = options["language"]
    told = None if language == AUTO else language.lower()
    return Setting(tenant.id, user.id, model, told, reranker_id)


def _reranker(slug: str | None) -> UUID | None:
    if not slug:
        return None
    for model in models_for_every_team((), Modality.RERANK.value):
        if model.slug == slug:
            return model.id
    raise CommandError(f"There is no reranker {slug!r} that Everyone may use.")


def _table(figures: dict[str, Any]) -> str:
    timing = figures["query_ms"]
    head = (
        "{set}: {documents} documents, {chunks} chunks, {queries} questions, {embedding} ({tenant})".format(
            **figures
        )
    )
    lines = [head, f"{'':<8} {'ndcg@10':>8} {'recall@10':>10} {'mrr@10':>8}"]
    for leg, row in figures.items():
        if isinstance(row, dict) and "ndcg@10" in row:
            lines.append(f"{leg:<8} {row['ndcg@10']:>8.4f} {row['recall@10']:>10.4f} {row['mrr@10']:>8.4f}")
    speed = f"{figures['chunks_per_s']} chunks/s, query p50 {timing['p50']} ms, p95 {timing['p95']} ms"
    lines.append(f"{speed}, {figures['unanswered']:.1%} of the questions below the floor")
    return "\n".join(lines)
