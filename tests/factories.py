"""The cast and their organisations, made anew for each test through the application's own services."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.tenants.hosts import forget_hosts
from apps.tenants.models import Tenant, TenantHost
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import Team, User

_number = itertools.count(1)


@dataclass(frozen=True)
class Organisation:
    """A tenant of one test: its id, slug and host name."""

    id: UUID
    slug: str
    host: str


@dataclass(frozen=True)
class Cast:
    """alice administers acme, bob is a member, carol is in another team; mallory owns globex."""

    acme: Organisation
    globex: Organisation
    alice: User
    bob: User
    carol: User
    mallory: User
    engineering: Team
    sales: Team


def organisation_make(name: str) -> Organisation:
    """A new tenant with its host, its settings and the team Everyone."""
    slug = f"{name}-{os.getpid()}-{next(_number)}"
    host = f"{slug}.localhost"
    with platform_scope():
        tenant = Tenant.objects.using(PLATFORM).create(slug=slug)
        TenantHost.objects.using(PLATFORM).create(host=host, tenant=tenant)
    forget_hosts()
    try:
        from apps.accounts.services import tenant_bootstrap
    except ImportError:
        return Organisation(tenant.id, slug, host)
    with tenant_scope(tenant.id):
        tenant_bootstrap(tenant_id=tenant.id, name=name.title())
    return Organisation(tenant.id, slug, host)


def cast_make(acme: Organisation, globex: Organisation) -> Cast:
    """Everybody, with their teams; passwords are not set."""
    from apps.accounts.services import membership_add, team_create, user_create

    with tenant_scope(acme.id):
        alice = user_create(actor=None, email="alice@acme.example", name="Alice Admin", role="admin")
        bob = user_create(actor=None, email="bob@acme.example", name="Bob Member", role="member")
        carol = user_create(actor=None, email="carol@acme.example", name="Carol Other", role="member")
        engineering = team_create(actor=None, name="Engineering")
        sales = team_create(actor=None, name="Sales")
        for person in (alice, bob):
            membership_add(actor=None, team=engineering, user=person)
        membership_add(actor=None, team=sales, user=carol)
    with tenant_scope(globex.id):
        mallory = user_create(actor=None, email="mallory@globex.example", name="Mallory", role="owner")
    return Cast(acme, globex, alice, bob, carol, mallory, engineering, sales)
