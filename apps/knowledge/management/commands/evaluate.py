"""Measure retrieval on a judged set: `manage.py evaluate PATH [--tenant T] [--embedding M] [--json]`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.selectors import active_people
from apps.knowledge.embedding import embedding_model, embedding_model_named
from apps.knowledge.evaluation.running import LEGS, Setting, evaluate
from apps.knowledge.evaluation.sets import UnreadableSetError, read_set
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.hosts import forget_hosts, only_tenant, tenant_of_slug
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.tenants.hosts import TenantRef

AUTO: Final = "auto"


class Command(BaseCommand):
    help = "Measure how well a set in BEIR's layout is found. Its documents are removed again afterwards."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder with corpus.jsonl, queries.jsonl and qrels.tsv")
        parser.add_argument("--tenant", help="slug of the organisation; needed where there are several")
        parser.add_argument("--embedding", help="slug of the embedding model; else the organisation's own")
        parser.add_argument(
            "--language", default=AUTO, help="ISO 639-1 code of all texts (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            judged = read_set(options["path"])
        except UnreadableSetError as error:
            raise CommandError(str(error)) from error
        setting = _setting(_tenant(options["tenant"]), options)
        try:
            outcome = evaluate(judged, setting)
        except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
            raise CommandError(f"The embedding model did not answer: {error}. Nothing was kept.") from error
        figures = {
            "set": judged.name,
            "embedding": setting.model.slug,
            "language": options["language"],
        } | outcome.figures()
        self.stdout.write(json.dumps(figures) if options["json"] else _table(figures))


def _tenant(slug: str | None) -> TenantRef:
    forget_hosts()
    tenant = tenant_of_slug(slug) if slug else only_tenant()
    if tenant is None and slug:
        raise CommandError(f"There is no organisation with the slug {slug!r}.")
    if tenant is None:
        raise CommandError("There is not exactly one organisation: name one with --tenant.")
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
    if model is None:
        raise CommandError(f"{tenant.slug} has no embedding model that Everyone may use.")
    language = options["language"]
    return Setting(tenant.id, user.id, model, None if language == AUTO else language.lower())


def _table(figures: dict[str, Any]) -> str:
    timing = figures["query_ms"]
    head = "{set}: {documents} documents, {chunks} chunks, {queries} questions, {embedding}".format(**figures)
    lines = [head, f"{'':<8} {'ndcg@10':>8} {'recall@10':>10} {'mrr@10':>8}"]
    for leg in LEGS:
        row = figures[leg]
        lines.append(f"{leg:<8} {row['ndcg@10']:>8.4f} {row['recall@10']:>10.4f} {row['mrr@10']:>8.4f}")
    speed = f"{figures['chunks_per_s']} chunks/s, query p50 {timing['p50']} ms, p95 {timing['p95']} ms"
    lines.append(f"{speed}, {figures['unanswered']:.1%} of the questions below the floor")
    return "\n".join(lines)
