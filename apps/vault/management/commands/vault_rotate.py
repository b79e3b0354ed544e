"""Seal every secret anew under the first key. Safe to stop and to run again: done rows are skipped."""

from __future__ import annotations

import json
from typing import Any

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
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if "platform" not in connections.settings:
            raise CommandError("This command works across tenants and needs PLATFORM_DATABASE_URL.")
        connection: Any = connections["platform"]
        connection.unscoped = True
        try:
            counts = {sealed.model: self._rotate(sealed) for sealed in sealed_fields()}
        except VaultError as error:
            raise CommandError(f"{error} What was sealed anew stays so; run the command again.") from error
        finally:
            connection.unscoped = False
        if options["json"]:
            self.stdout.write(json.dumps({"resealed": counts}))
            return
        self.stdout.write(f"{sum(counts.values())} secrets sealed anew; the old keys can be removed.")

    def _rotate(self, sealed: SealedField) -> int:
        model: Any = apps.get_model(sealed.model)
        rows = model.across.exclude(**{f"{sealed.column}__isnull": True}).order_by("pk")
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
            if not blob or is_current(blob):
                return 0
            fresh = reseal(blob, tenant_id=row.tenant_id, field=sealed.field)
            return int(model.across.filter(pk=pk).update(**{sealed.column: fresh}))
