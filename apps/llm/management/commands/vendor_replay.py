"""Play recorded traffic with model hosts back to the adapters, over loopback, and say what came out."""

from __future__ import annotations

import asyncio
import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from apps.llm.replay import UNREADABLE, UnreadableError, exchanges_of, play

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.llm.replay import Exchange, Played

    Item = tuple[Path, int | None, Exchange | UnreadableError]

SHOWN_CHARACTERS = 60
ENDINGS = (".yaml", ".yml", ".json", ".yaml.gz", ".yml.gz", ".json.gz")


class Command(BaseCommand):
    help = (
        "Play recordings (YAML or JSON of VCR.py, Ruby's VCR, go-vcr) back to the unmodified adapters over\n"
        "loopback and print one line for each recorded exchange: what came out. Nothing leaves this machine."
    )
    notes = (
        "The vendor is told from the request's host, else from its path. Each line of --json is an object:\n"
        "  file, index            the recording, and the exchange's place in it (null: the whole file)\n"
        "  vendor, operation      chat, embed, rerank, images, models; unknown: no adapter asks this\n"
        "  status, model          the recorded status; the model that answered\n"
        "  text, reasoning, signature, tool_calls [{id, name, arguments}], finish\n"
        "  usage                  {input, output, cached, reasoning}_tokens, estimated; null: not counted\n"
        "  error_kind, error_detail, retry_after (seconds), interrupted (the stream was cut)\n"
        "  models, vectors, dimensions, scores, images where they apply\n"
        'What cannot be read has a line with error_kind "unreadable"; all else is played all the same.\n'
        "Exit code: 0 when all was read (an error that a host had sent is a result), 1 when something\n"
        "was not, 2 for a wrong call."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = self.notes
        parser.add_argument("files", nargs="+", metavar="FILE", help="a recording, or a folder of them")
        parser.add_argument("--json", action="store_true", help="print one line of JSON for each exchange")

    def handle(self, *args: Any, **options: Any) -> None:
        items = [item for name in options["files"] for item in _items(Path(name))]
        unreadable = asyncio.run(self._play(items, as_json=options["json"]))
        if unreadable:
            raise CommandError(f"{unreadable} of {len(items)} could not be read; all others were played.")

    async def _play(self, items: list[Item], *, as_json: bool) -> int:
        """How many could not be read."""
        places = iter(items)
        unreadable = 0
        async for played in play(exchange for _, _, exchange in items):
            path, index, _ = next(places)
            unreadable += played.operation == UNREADABLE
            if as_json:
                self.stdout.write(json.dumps({"file": str(path), "index": index, **_json(played)}))
            else:
                place = path.name if index is None else f"{path.name} {index}"
                self.stdout.write(f"{place}: {_said(played)}")
        return unreadable


def _items(path: Path) -> list[Item]:
    """What is to be played of a file, or of all recordings below a folder."""
    if not path.is_dir():
        return _items_of_file(path)
    files = sorted(found for found in path.rglob("*") if found.name.endswith(ENDINGS) and found.is_file())
    if not files:
        return [(path, None, UnreadableError(f"{path} holds no recording (*.yaml, *.yml, *.json)."))]
    return list(chain.from_iterable(map(_items_of_file, files)))


def _items_of_file(path: Path) -> list[Item]:
    try:
        return [(path, index, exchange) for index, exchange in enumerate(exchanges_of(path))]
    except UnreadableError as failed:
        return [(path, None, failed)]


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
    if played.operation == UNREADABLE:
        return f"cannot be read: {played.error_detail}"
    told = "; ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, ""))
    return f"{played.vendor} {played.operation}: {told or played.error_detail or 'nothing'}"


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}… ({len(text)} characters)"
