"""Connect a tenant to a host and offer its models, in one step, for scripts."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from apps.accounts.management.base import TenantCommand
from apps.accounts.models import Team
from apps.llm.endpoints import OWN_VENDORS
from apps.llm.services import Offer, connection_create, default_set, model_grants_set, model_offer
from apps.llm.vendors.base import Modality
from apps.llm.vendors.registry import VENDORS

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.llm.models import Connection, Model

CHOICES = sorted(VENDORS.keys() - OWN_VENDORS)


class Command(TenantCommand):
    help = (
        "Add a connection with its models and grant them to teams. What a model is for is inferred from its "
        "id; name embedding models by --embedding-models where that fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--vendor", default="openai_compatible", choices=CHOICES, metavar="VENDOR")
        parser.add_argument("--name", help="shown to administrators (default: the vendor's name)")
        parser.add_argument("--base-url", default="", help="such as https://api.example.com/v1")
        parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE")
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--key-env", metavar="VARIABLE", help="environment variable that holds the key")
        key.add_argument(
            "--key-stdin", action="store_true", help="read the key from standard input, JSON whole"
        )
        key.add_argument("--key", default="", help="the key itself (other users of the machine may see it)")
        parser.add_argument("--models", default="", help="ids at the host, separated by commas")
        parser.add_argument("--embedding-models", default="", help="ids of embedding models")
        parser.add_argument(
            "--teams", default="all", help="all, or short names of teams, separated by commas"
        )
        parser.add_argument(
            "--default", action="store_true", help="make the first chat model the teams' default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options)
        settings = dict(_setting(pair) for pair in options["setting"])
        try:
            with self.scope(options):
                teams = _teams(options["teams"])
                connection = connection_create(
                    actor=None,
                    vendor=options["vendor"],
                    name=options["name"] or VENDORS[options["vendor"]].label,
                    base_url=options["base_url"],
                    key=key,
                    settings=settings,
                )
                models = model_offer(actor=None, connection=connection, offers=_offers(options))
                for model in models:
                    model_grants_set(actor=None, model=model, team_ids=[team.pk for team in teams])
                default = _set_default(teams, models) if options["default"] else None
                values = _described(connection, models, teams, default)
        except ValidationError as error:
            raise CommandError(_words_of(error)) from error
        names = ", ".join(model["slug"] for model in values["models"]) or "none"
        text = f"Connected {connection.name} ({connection.base_url}). Models: {names}."
        self.say(options, values, text)


def _words_of(error: ValidationError) -> str:
    """A service's field errors, a line for each field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "\n".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())


def _key(options: dict[str, Any]) -> str:
    if options["key_stdin"]:
        line = sys.stdin.readline()
        return (line + sys.stdin.read() if line.lstrip().startswith("{") else line).strip()
    if options["key_env"]:
        key = os.environ.get(options["key_env"], "")  # noqa: TID251 - the operator names the variable
        if not key:
            raise CommandError(f"The environment variable {options['key_env']} is empty. Nothing was saved.")
        return key
    return str(options["key"])


def _setting(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise CommandError(f"--setting {pair!r} should be NAME=VALUE.")
    return name, value


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.split(",")) if word]


def _offers(options: dict[str, Any]) -> list[Offer]:
    chat = [Offer(model) for model in _words(options["models"])]
    return chat + [Offer(model, Modality.EMBEDDING) for model in _words(options["embedding_models"])]


def _teams(text: str) -> list[Team]:
    if text.strip() == "all":
        return [Team.objects.get(is_everyone=True)]
    slugs = _words(text)
    teams = list(Team.objects.filter(slug__in=slugs))
    missing = set(slugs) - {team.slug for team in teams}
    if missing:
        raise CommandError(f"There is no team {', '.join(sorted(missing))}. Nothing was saved.")
    return teams


def _set_default(teams: list[Team], models: list[Model]) -> Model:
    chat = next((model for model in models if model.modality == Modality.CHAT.value), None)
    if chat is None:
        raise CommandError("--default needs a chat model among --models. Nothing was saved.")
    for team in teams:
        default_set(actor=None, team=team, model=chat)
    return chat


def _described(
    connection: Connection, models: list[Model], teams: list[Team], default: Model | None
) -> dict[str, Any]:
    return {
        "id": str(connection.pk),
        "name": connection.name,
        "vendor": connection.vendor,
        "base_url": connection.base_url,
        "key_last4": connection.key_last4,
        "models": [
            {"id": str(m.pk), "slug": m.slug, "vendor_model": m.vendor_model, "modality": m.modality}
            for m in models
        ],
        "teams": [team.slug for team in teams],
        "default": default.slug if default else None,
    }
