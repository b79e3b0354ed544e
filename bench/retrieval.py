"""bin/bench retrieval: what is found, and how fast, where 50 organisations hold 200,000 chunks.

A fresh PostgreSQL is filled (bench.retrieval_fixture), vectors and words are moved to shelves and postings as
the upkeep does it, and real questions are asked with the application's role: the statement that finds
candidates is timed when it is warm, and what it finds compared with exact search. `--keep FOLDER` keeps the
installation and asks anew without filling it again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from bench.installation import installation
from bench.retrieval_fixture import TOTAL
from launch.parts import ROOT

if TYPE_CHECKING:
    from bench.retrieval_load import Asker

SETS: Final = Path(os.environ.get("ATRIUM_SHARED", ROOT.parent / "shared")) / "data" / "rag"


def main() -> None:
    """Fill, ask, print; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--chunks", type=int, default=TOTAL, help="chunks of all organisations together")
    parser.add_argument("--questions", type=int, default=100, help="questions to each class of organisations")
    parser.add_argument("--keep", type=Path, help="folder of the installation, kept for another run")
    parser.add_argument("--plans", action="store_true", help="print the plan for the largest organisation")
    parser.add_argument("--json", type=Path, help="write figures to this file")
    options = parser.parse_args()
    with installation(options.keep) as folder:
        askers = _askers(folder, options.chunks)
        from bench.retrieval_measure import measure, plan, questions

        asked = questions(SETS, folder, options.questions)
        figures = measure(askers, asked)
        if options.plans:
            print(plan(askers[0], asked[0]))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _askers(folder: Path, chunks: int) -> list[Asker]:
    """Who asks; the organisations are made where the folder has none yet."""
    from bench.retrieval_load import Asker, load, tend_all

    kept = folder / "askers.json"
    if not kept.exists():
        from bench.retrieval_fixture import sources

        made = load(sources(SETS), chunks)
        kept.write_text(json.dumps([asdict(asker) for asker in made], default=str), encoding="utf-8")
    began = time.perf_counter()
    tend_all()
    print(f"tended in {time.perf_counter() - began:.0f} s", flush=True)
    rows: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    for row in rows:
        row |= {name: UUID(value) for name, value in row.items() if name.endswith("_id")}
    return [Asker(**row) for row in rows]


if __name__ == "__main__":
    main()
