"""Make an organisation: its row, host name, settings, the team Everyone."""

from __future__ import annotations

import json
import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from apps.accounts.services import tenant_bootstrap
from apps.tenants.hosts import bare_host, forget_hosts
from apps.tenants.models import Tenant, TenantHost
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


def create(slug: str, name: str, host: str) -> Tenant:
    """Make the tenant; raises CommandError when slug or host are taken or malformed."""
    if not _SLUG.fullmatch(slug):
        raise CommandError("The slug is 1 to 40 small letters, digits and hyphens. Nothing was changed.")
    if not _HOST.fullmatch(host.lower()):
        raise CommandError(
            f"{host!r} is not a host name: give it as browsers send it, without scheme, port and path. "
            "Nothing was changed."
        )
    try:
        with platform_scope():
            tenant = Tenant.objects.using(PLATFORM).create(slug=slug)
            TenantHost.objects.using(PLATFORM).create(host=host.lower(), tenant=tenant)
    except IntegrityError as error:
        raise CommandError(
            f"The slug {slug!r} or the host {host!r} is taken. Nothing was changed."
        ) from error
    forget_hosts()
    with tenant_scope(tenant.id):
        tenant_bootstrap(tenant_id=tenant.id, name=name)
    return tenant


class Command(BaseCommand):
    help = "Make an organisation with its own people, teams, documents and models."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("slug", help="short name in addresses and API keys, such as acme")
        parser.add_argument("--name", help="the organisation's name as people read it")
        parser.add_argument("--host", help="its host name; by default SLUG.HOST of ATRIUM_BASE_URL")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        host = options["host"] or f"{slug}.{bare_host()}"
        tenant = create(slug, options["name"] or slug.title(), host)
        found = {"id": str(tenant.id), "slug": slug, "host": host}
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        port = settings.BASE_URL.rpartition(":")[2] if settings.BASE_URL.count(":") > 1 else ""
        self.stdout.write(f"{slug} is served at {host}{f':{port}' if port else ''}.")
