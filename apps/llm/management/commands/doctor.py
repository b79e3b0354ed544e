"""Examine the installation: exit code 0 unless a part has failed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from apps.llm.doctor import PARTS, Finding, State, examine

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Check every part of this installation and say what to do. Exit code 1 when a part has failed."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine(PARTS)
        healthy = all(finding.state != State.FAIL for finding in findings)
        if options["json"]:
            parts = [asdict(finding) for finding in findings]
            self.stdout.write(json.dumps({"healthy": healthy, "parts": parts}))
        else:
            self.stdout.write("\n".join(_table(findings)))
        if not healthy:
            sys.exit(1)


def _table(findings: list[Finding]) -> list[str]:
    width = max(len(finding.part) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.state.value:<5} {finding.part:<{width}}  {finding.detail}")
        if finding.advice:
            lines.append(f"{'':<5} {'':<{width}}  → {finding.advice}")
    return lines
