"""bin/bench guardrails: what the detectors cost per kilobyte, and how long a megabyte takes at worst.

Processor time, the best of some rounds, beside what `text.lower().encode()` takes of the same text in the
same run: the ratio is the figure to compare between machines. No installation, no network.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from apps.guardrails.detectors.expressions import Expressions
from apps.guardrails.detectors.finding import find
from apps.guardrails.detectors.kinds import BUILT_IN, Kind
from apps.guardrails.detectors.terms import Terms
from launch.parts import ROOT
from tests.guardrails.corpus import LANGUAGES, sentences

MEGABYTE = 1_000_000
ROUNDS = 5
HOSTILE = (
    *("1", "12345678901", "1 ", "1.", "123 ", "1234 ", "0 ", "(0", "+1 ", "tel 1 ", "ssn 123456789 "),
    *("@", "a@", "a@a.bc ", "a", "A", "Aa ", "Anna ", "Mr A ", "Name: ", "Dear A ", "regards\n"),
    *("1 A Street ", "Weg 1, ", "Rue A ", "A 1, 12345 A ", "born 1.", "born 1 january ", "passport A1 "),
    *(
        "eyJ",
        "eyJ-",
        "eyJaaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "://a:",
        "password=",
        "password: X1! ",
        "sk-",
        "AC",
    ),
    *(
        "DE89 3704 0044 0532 0130 01 ",
        "4111 1111 1111 1111 ",
        "1.2.3.4 ",
        "a:b:",
        "00:11:",
        "\u200b",
        "\uff11",
        "e\u0301",
        "ß",
    ),
)


def main() -> None:
    """Measure and print; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", help="write figures to this file")
    options = parser.parse_args()
    find("Anna ß e\u0301")
    figures = {"per_kilobyte": _ordinary(), "kinds": _kinds(), "own": _own(), "hostile": _hostile()}
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _seconds(measured: Callable[[], object], rounds: int = ROUNDS) -> float:
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        measured()
        best = min(best, time.process_time() - begun)
    return best


def _row(name: str, text: str, measured: Callable[[str], object], rounds: int = ROUNDS) -> dict[str, Any]:
    plain = _seconds(lambda: text.lower().encode(), 20)
    taken = _seconds(lambda: measured(text), rounds)
    kilobytes = len(text.encode("utf-8", "surrogatepass")) / 1000
    row = {"text": name, "us_kb": round(taken / kilobytes * 1e6, 1), "ratio": round(taken / plain, 1)}
    print(f"{name:36s} {row['us_kb']:8.1f} µs/kB   {row['ratio']:7.1f} times lower+encode", flush=True)
    return row


def _prose() -> str:
    """The project's own English pages, at least a megabyte of them."""
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md")))
    return pages * (MEGABYTE // len(pages) + 1)


def _ordinary() -> list[dict[str, Any]]:
    prose = _prose()
    rows = [
        _row("prose, a megabyte", prose[:MEGABYTE], find, 3),
        _row("prose, a prompt of 2 kB", prose[:2000], find, 50),
    ]
    for language in LANGUAGES:
        text = "\n".join(each.text for each in sentences(language))
        rows.append(_row(f"labelled sentences, {language}", text, find, 20))
    return rows


def _kinds() -> list[dict[str, Any]]:
    text = _prose()[:200_000]
    one = [_row(f"only {kind.value}", text, partial(find, kinds=frozenset({kind}))) for kind in BUILT_IN]
    return sorted(one, key=lambda row: -float(row["us_kb"]))


def _own() -> list[dict[str, Any]]:
    terms = Terms({"terms": [f"codename {number}" for number in range(20_000)]})
    expressions = Expressions({str(number): rf"\bCASE-{number}\d{{4}}\b" for number in range(20)})
    text = _prose()[:200_000]
    nothing: frozenset[Kind] = frozenset()
    return [
        _row("20,000 terms", text, lambda given: find(given, nothing, terms=terms)),
        _row("20 expressions", text, lambda given: find(given, nothing, expressions=expressions)),
    ]


def _hostile() -> dict[str, Any]:
    draw = random.Random(7)
    texts = {repr(piece): (piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE] for piece in HOSTILE}
    texts["base64"] = base64.b64encode(draw.randbytes(MEGABYTE * 3 // 4)).decode()
    texts["hex"] = draw.randbytes(MEGABYTE // 2).hex()
    texts["any ASCII"] = "".join(chr(draw.randrange(32, 127)) for _ in range(MEGABYTE))
    texts["any characters"] = "".join(chr(draw.randrange(32, 0x2FFF)) for _ in range(MEGABYTE))
    taken = {name: round(_seconds(partial(find, text), 1), 3) for name, text in texts.items()}
    slowest = sorted(taken, key=taken.__getitem__, reverse=True)[:8]
    for name in slowest:
        print(f"a megabyte of {name:36s} {taken[name]:6.3f} s", flush=True)
    return {"slowest": {name: taken[name] for name in slowest}, "texts": len(taken)}


if __name__ == "__main__":
    main()
