"""Where the bytes of files lie: a folder, or a bucket where settings.FILES_S3_BUCKET names one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from apps.files.storage.disk import DiskStorage
from apps.tenants.models import new_id
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.files.storage.base import Storage

__all__ = ["new_key", "storage", "tenant_prefix"]


def tenant_prefix(tenant_id: UUID) -> str:
    """Everything below it is the tenant's, nothing else is."""
    return f"tenants/{tenant_id}/"


def new_key() -> str:
    """A key for new bytes of the tenant in scope."""
    return f"{tenant_prefix(current_tenant_id())}{new_id()}"


def storage() -> Storage:
    """The installation's storage."""
    if settings.FILES_S3_BUCKET:
        return _bucket()
    return DiskStorage(settings.FILES_DIR)


@cache
def _bucket() -> Storage:
    from apps.files.storage.s3 import Bucket, S3Storage

    return S3Storage(
        Bucket(
            settings.FILES_S3_BUCKET,
            settings.FILES_S3_ENDPOINT,
            settings.FILES_S3_REGION,
            settings.FILES_S3_ACCESS_KEY,
            settings.FILES_S3_SECRET_KEY,
        )
    )
