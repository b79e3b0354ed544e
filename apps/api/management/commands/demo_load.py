"""Load the demonstration and print its links and keys."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.api.demo.loading import demo_load


class Command(BaseCommand):
    help = "Load two organisations with people, teams, handbooks and the built-in models; safe to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON")
        parser.add_argument(
            "--kept", nargs="*", help="organisations whose key you have; a key that is lost is replaced"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = {"url": settings.BASE_URL, **demo_load(options["kept"])}
        except TimeoutError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, link in found["sign_in"].items():
            self.stdout.write(f"{name}: {link}")
        for slug, key in found["api_keys"].items():
            self.stdout.write(f"API key of {slug}: {key}")
