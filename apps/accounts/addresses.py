"""Full addresses of an organisation's pages, for links that leave the page: mails, invitations, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from apps.tenants.models import TenantHost

if TYPE_CHECKING:
    from uuid import UUID


def tenant_url(tenant_id: UUID, path: str) -> str:
    """The path at the tenant's own host, with scheme and port of ATRIUM_BASE_URL. Needs any scope."""
    parts = urlsplit(settings.BASE_URL)
    host = TenantHost.objects.filter(tenant_id=tenant_id).order_by("host").first()
    name = host.host if host else parts.hostname
    return f"{parts.scheme}://{name}{f':{parts.port}' if parts.port else ''}{path}"
