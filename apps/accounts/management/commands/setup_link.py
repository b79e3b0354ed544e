"""The one-time link that sets up a new installation. Makes the first organisation where there is none."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.accounts.management.commands.tenant_create import create
from apps.accounts.models import LinkKind
from apps.accounts.selectors import UNNAMED, tenant_settings
from apps.accounts.services import one_time_link_create
from apps.tenants.hosts import bare_host
from apps.tenants.models import Tenant
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Print the one-time link to /setup while no organisation is set up; nothing afterwards."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        link = self._link()
        if options["json"]:
            self.stdout.write(json.dumps({"url": link}))
        else:
            self.stdout.write(link or f"Already set up: {settings.BASE_URL}")

    def _link(self) -> str | None:
        with platform_scope():
            tenants = list(Tenant.objects.using(PLATFORM).order_by("created_at")[:2])
        if len(tenants) > 1:
            return None
        tenant = tenants[0] if tenants else create("main", UNNAMED, f"main.{bare_host()}")
        with tenant_scope(tenant.id):
            if tenant_settings().setup_done_at is not None:
                return None
            path = one_time_link_create(actor=None, kind=LinkKind.SETUP, user=None)
        return f"{settings.BASE_URL}{path}"
