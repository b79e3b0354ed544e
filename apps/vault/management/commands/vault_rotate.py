"""Seal every secret anew under the first key. Safe to stop and to run again: done rows are skipped."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from apps.vault.errors import VaultError
from apps.vault.registry import SealedField, sealed_fields
from apps.vault.sealing import is_current, reseal

_BATCH = 100


class Command(BaseCommand):
    help = (
        "Seal every secret anew under the first key of ATRIUM_VAULT_KEYS; then the old keys can be retired."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this organisation's secrets")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if "platform" not in connections.settings:
            raise CommandError("This command works across tenants and needs PLATFORM_DATABASE_URL.")
        connection: Any = connections["platform"]
        connection.unscoped = True
        self._unreadable: list[str] = []
        try:
            counts = {sealed.model: self._rotate(sealed, options["tenant"]) for sealed in sealed_fields()}
        finally:
            connection.unscoped = False
        self._say(counts, as_json=options["json"])

    def _say(self, counts: dict[str, int], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"resealed": counts, "unreadable": self._unreadable}))
        elif not self._unreadable:
            self.stdout.write(f"{sum(counts.values())} secrets sealed anew; the old keys can be removed.")
        if self._unreadable:
            raise CommandError(
                f"{len(self._unreadable)} secrets cannot be opened with any key of ATRIUM_VAULT_KEYS: "
                f"{', '.join(self._unreadable[:20])}. All others are sealed anew. Add the missing key and "
                "run the command again, or enter those secrets again; keep the old keys until then."
            )

    def _rotate(self, sealed: SealedField, slug: str | None) -> int:
        model: Any = apps.get_model(sealed.model)
        rows = model.across.exclude(**{f"{sealed.column}__isnull": True}).order_by("pk")
        if slug:
            rows = rows.filter(tenant_id=_tenant_id(slug))
        done, last = 0, None
        while True:
            batch = list((rows.filter(pk__gt=last) if last else rows)[:_BATCH])
            if not batch:
                return done
            last = batch[-1].pk
            done += sum(self._reseal(model, row.pk, sealed) for row in batch)

    def _reseal(self, model: Any, pk: Any, sealed: SealedField) -> int:
        with transaction.atomic(using="platform"):
            row = model.across.select_for_update().filter(pk=pk).first()
            blob = bytes(getattr(row, sealed.column) or b"") if row else b""
            if not blob or _is_current(blob):
                return 0
            try:
                fresh = reseal(blob, tenant_id=row.tenant_id, field=sealed.field)
            except VaultError:
                self._unreadable.append(f"{sealed.model} {pk}")
                return 0
            return int(model.across.filter(pk=pk).update(**{sealed.column: fresh}))


def _is_current(blob: bytes) -> bool:
    """Whether the first key sealed it; a malformed value is not, and is told when it is opened."""
    try:
        return is_current(blob)
    except VaultError:
        return False


def _tenant_id(slug: str) -> UUID:
    """The tenant's id; vault stands below tenants, so the table is asked by name. Raises CommandError."""
    tenants: Any = apps.get_model("tenants.Tenant")
    found = tenants.objects.using("platform").filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organisation with the slug {slug!r}. Nothing was changed.")
    tenant_id: UUID = found.pk
    return tenant_id
