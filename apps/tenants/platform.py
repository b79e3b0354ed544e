"""Work across tenants: only processes that hold PLATFORM_DATABASE_URL (maintenance, operator commands)."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, transaction

from apps.tenants.models import Tenant
from apps.tenants.scope import global_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

logger = logging.getLogger(__name__)

PLATFORM: Final = "platform"


@contextmanager
def platform_scope() -> Iterator[None]:
    """One transaction as the platform role, which sees every tenant through `Model.across`.

    Raises ImproperlyConfigured in web and worker processes: they never hold that role's address.
    """
    if PLATFORM not in settings.DATABASES:
        raise ImproperlyConfigured(
            "This command works across tenants and needs PLATFORM_DATABASE_URL, which only operator "
            "commands and the maintenance process hold."
        )
    with global_scope(using=PLATFORM), transaction.atomic(using=PLATFORM, durable=True):
        yield


def for_each_tenant(work: Callable[[UUID], int]) -> int:
    """The sum of what the work gives for each tenant; the fault of one is logged and keeps no other waiting.

    Raises what a database that is away raises: then there is nothing to do for anybody.
    """
    done = 0
    for tenant_id in tenant_ids():
        try:
            done += work(tenant_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The work for tenant %s failed; the next pass tries again.", tenant_id)
    return done


def tenant_ids() -> list[UUID]:
    """Every tenant's id, oldest first."""
    with platform_scope():
        return list(Tenant.objects.using(PLATFORM).order_by("created_at").values_list("id", flat=True))
