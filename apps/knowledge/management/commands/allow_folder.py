"""Let one tenant's sources read a folder of the host; the operator's decision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from apps.accounts.management.base import TenantCommand
from apps.knowledge.connectors.base import BadSettingError
from apps.knowledge.connectors.folder import canonical
from apps.knowledge.connectors.models import AllowedFolder
from apps.tenants.hosts import tenant_of_slug
from apps.tenants.platform import platform_scope

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.tenants.hosts import TenantRef


class Command(TenantCommand):
    help = (
        "Allow a tenant's sources to read a folder of the ingest workers' host, with all below it; take it "
        "back with --remove, or list what is allowed. Needs PLATFORM_DATABASE_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--path", help="the folder's whole path, without links in it")
        parser.add_argument(
            "--elsewhere",
            action="store_true",
            help="the folder is on other hosts only: do not look for it here",
        )
        parser.add_argument("--remove", action="store_true", help="take the permission back")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of_slug(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no organisation {options['tenant']!r}. Nothing was changed.")
        if options["path"] is not None:
            try:
                path = canonical("path", options["path"])
            except BadSettingError as error:
                raise CommandError(str(error)) from error
            if not options["remove"] and not options["elsewhere"]:
                _refuse_missing(path)
            with platform_scope():
                self._change(tenant, path, remove=options["remove"])
        elif options["remove"]:
            raise CommandError("--remove needs --path.")
        with platform_scope():
            rows = AllowedFolder.across.filter(tenant_id=tenant.id).order_by("path")
            allowed = list(rows.values_list("path", flat=True))
        self.say(
            options,
            {"tenant": tenant.slug, "allowed": allowed},
            "\n".join(allowed or ["No folder is allowed."]),
        )

    def _change(self, tenant: TenantRef, path: str, *, remove: bool) -> None:
        if not remove:
            AllowedFolder.across.get_or_create(tenant_id=tenant.id, path=path)
        elif not AllowedFolder.across.filter(tenant_id=tenant.id, path=path).delete()[0]:
            raise CommandError(f"{path} was not allowed for {tenant.slug}. Nothing was changed.")


def _refuse_missing(path: str) -> None:
    """Raise CommandError where the path is no folder of this host, or leads there by a link."""
    found = Path(path)
    if not found.is_dir():
        what = "is no folder" if found.exists() else "does not exist"
        raise CommandError(
            f"{path} {what} on this host. Nothing was changed. Check the path; where only the ingest "
            "workers' hosts have it, add --elsewhere."
        )
    if found.resolve() != found:
        raise CommandError(
            f"{path} is, or lies below, a link, and links are not followed. Nothing was changed. "
            f"Allow {found.resolve()} and have sources name that."
        )
