"""Let one tenant's connections reach a private host and port; the operator's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from apps.accounts.management.base import TenantCommand
from apps.llm.endpoints import BadAddressError, address_of
from apps.llm.models import AllowedHost
from apps.tenants.hosts import tenant_of_slug
from apps.tenants.platform import platform_scope

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.tenants.hosts import TenantRef

LAST_PORT = 65535


class Command(TenantCommand):
    help = (
        "Allow a tenant to connect to a private host and port, take it back with --remove, or list what is "
        "allowed. Needs PLATFORM_DATABASE_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--host", help="host name or IP address, as the base URL names it")
        parser.add_argument("--port", type=int, help="port, as the base URL names it (80 and 443 by default)")
        parser.add_argument("--remove", action="store_true", help="take the permission back")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of_slug(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no organisation {options['tenant']!r}. Nothing was changed.")
        if options["host"] is not None or options["port"] is not None:
            host, port = _pair(options["host"], options["port"])
            with platform_scope():
                self._change(tenant, host, port, remove=options["remove"])
        elif options["remove"]:
            raise CommandError("--remove needs --host and --port.")
        with platform_scope():
            rows = AllowedHost.across.filter(tenant_id=tenant.id).order_by("host", "port")
            allowed = [{"host": row.host, "port": row.port} for row in rows]
        lines = [f"{row['host']}:{row['port']}" for row in allowed] or ["No private host is allowed."]
        self.say(options, {"tenant": tenant.slug, "allowed": allowed}, "\n".join(lines))

    def _change(self, tenant: TenantRef, host: str, port: int, *, remove: bool) -> None:
        if not remove:
            AllowedHost.across.get_or_create(tenant_id=tenant.id, host=host, port=port)
        elif not AllowedHost.across.filter(tenant_id=tenant.id, host=host, port=port).delete()[0]:
            raise CommandError(f"{host}:{port} was not allowed for {tenant.slug}. Nothing was changed.")


def _pair(host: str | None, port: int | None) -> tuple[str, int]:
    """The pair as connections name it; raises CommandError."""
    if not host or port is None:
        raise CommandError("Give both --host and --port.")
    if not 1 <= port <= LAST_PORT:
        raise CommandError("A port is a number from 1 to 65535.")
    try:
        address = address_of(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    except BadAddressError as error:
        raise CommandError(f"{host!r} is not a host: {error}") from error
    if not address.may_be_allowed:
        raise CommandError(
            f"{address.host} is a metadata, link-local or multicast address: it is never allowed. "
            "Nothing was changed."
        )
    return address.host, address.port
