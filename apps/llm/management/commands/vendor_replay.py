"""Play recorded traffic with model hosts back to the adapters, over loopback, and say what came out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from apps.llm.replay import Exchange, UnreadableError, exchanges_of, play

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.llm.replay import Played

SHOWN_CHARACTERS = 60


class Command(BaseCommand):
    help = (
        "Play recordings (yaml of VCR.py or of Ruby's VCR) back to the unmodified adapters over loopback and "
        "print for each exchange what came out. Nothing leaves this machine."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a recording, or a folder of them")
        parser.add_argument("--json", action="store_true", help="print one line of JSON for each exchange")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            recordings = [
                (path, exchanges_of(path)) for name in options["files"] for path in _files(Path(name))
            ]
        except UnreadableError as failed:
            raise CommandError(f"{failed} Nothing was played.") from failed
        asyncio.run(self._play(recordings, as_json=options["json"]))

    async def _play(self, recordings: list[tuple[Path, list[Exchange]]], *, as_json: bool) -> None:
        places = [(path, index) for path, exchanges in recordings for index in range(len(exchanges))]
        every = (exchange for _, exchanges in recordings for exchange in exchanges)
        number = 0
        async for played in play(every):
            path, index = places[number]
            number += 1
            if as_json:
                self.stdout.write(json.dumps({"file": str(path), "index": index, **_json(played)}))
            else:
                self.stdout.write(f"{path.name} {index}: {_said(played)}")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(found for ending in ("*.yaml", "*.yml") for found in path.rglob(ending))


def _json(played: Played) -> dict[str, Any]:
    return asdict(played) | {"usage": played.usage.counts() if played.usage else None}


def _said(played: Played) -> str:
    """One line for a person."""
    calls = ", ".join(f"{call['name']}({call['arguments']})" for call in played.tool_calls)
    facts = {
        "text": _clipped(played.text),
        "reasoning": _clipped(played.reasoning),
        "calls": calls,
        "finish": played.finish,
        "error": played.error_kind,
        "retry after": played.retry_after,
        "models": None if played.models is None else len(played.models),
        "vectors": played.vectors,
        "scores": None if played.scores is None else len(played.scores),
        "pictures": played.images,
    }
    told = "; ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, ""))
    return f"{played.vendor} {played.operation}: {told or 'nothing'}"


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}… ({len(text)} characters)"
