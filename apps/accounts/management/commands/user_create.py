"""Add a person to an organisation."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError

from apps.accounts.addresses import tenant_url
from apps.accounts.management.base import TenantCommand
from apps.accounts.models import LinkKind, Role, Team
from apps.accounts.services import membership_add, one_time_link_create, user_create


class Command(TenantCommand):
    help = "Add a person; prints a one-time sign-in link unless a password is given on standard input."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        parser.add_argument("--team", action="append", default=[], help="slug of a team; may be repeated")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else None
        with self.scope(options) as tenant:
            user = user_create(
                actor=None,
                email=options["email"],
                name=options["name"],
                role=options["role"],
                password=password,
            )
            for slug in options["team"]:
                team = Team.objects.filter(slug=slug).first()
                if team is None:
                    raise CommandError(f"There is no team with the slug {slug!r}. Nothing was changed.")
                membership_add(actor=None, team=team, user=user)
            path = "" if password else one_time_link_create(actor=None, kind=LinkKind.INVITE, user=user)
            link = tenant_url(tenant.id, path) if path else None
        self.say(
            options,
            {"id": str(user.id), "email": user.email, "link": link},
            link or f"{user.email} was added.",
        )
