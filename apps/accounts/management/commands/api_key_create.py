"""Make an API key for a person; it is printed once and kept nowhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.accounts.management.base import TenantCommand
from apps.accounts.models import Team, User
from apps.accounts.permissions import SCOPES
from apps.accounts.services import api_key_create

MOST_DAYS = 3650


class Command(TenantCommand):
    help = "Make an API key of a person in one of their teams."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", help="whose key it is")
        parser.add_argument("--name", default="Command line")
        parser.add_argument("--team", default="everyone", help="slug of the team it acts in")
        parser.add_argument(
            "--scope", action="append", choices=SCOPES, help="may be repeated; default: all but admin"
        )
        parser.add_argument(
            "--days", type=int, help=f"expires after so many days, {MOST_DAYS} at most; default: never"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days is a number from 1 to {MOST_DAYS}. Nothing was changed.")
        with self.scope(options) as tenant:
            user = User.objects.filter(email=options["email"].lower()).first()
            team = Team.objects.filter(slug=options["team"]).first()
            if user is None or team is None:
                raise CommandError(
                    "There is no such person or team in this organisation. Nothing was changed."
                )
            expires = timezone.now() + dt.timedelta(days=days) if days else None
            key, text = api_key_create(
                actor=None,
                slug=tenant.slug,
                user=user,
                team=team,
                name=options["name"],
                scopes=options["scope"],
                expires_at=expires,
            )
        self.say(options, {"id": str(key.id), "prefix": key.prefix, "key": text}, text)
