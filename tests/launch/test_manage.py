"""bin/manage without an installation: refused with what to do, but for commands that need none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def managed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "launch.manage", "--data", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def test_a_command_without_an_installation_says_what_to_do(tmp_path: Path) -> None:
    refused = managed(tmp_path, "doctor")
    assert refused.returncode == 1
    assert "There is no installation" in refused.stderr


def test_replaying_recordings_needs_no_installation(tmp_path: Path) -> None:
    recording = tmp_path / "nothing.yaml"
    recording.write_text("interactions: []\n", encoding="utf-8")
    done = managed(tmp_path / "data", "vendor_replay", str(recording), "--json")
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_reading_files_needs_no_installation(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Leave\n\nThirty days.\n", encoding="utf-8")
    (tmp_path / "torn.pdf").write_bytes(b"%PDF-1.7 torn")
    files = [str(tmp_path / name) for name in ("note.md", "torn.pdf")]
    done = managed(tmp_path / "data", "ingest", *files, "--json")
    note, torn = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert (note["state"], note["error"]) == ("ready", None)
    assert [(chunk["page"], chunk["heading"], chunk["text"]) for chunk in note["chunks"]] == [
        (None, ["Leave"], "Leave\n\nThirty days.")
    ]
    assert (torn["state"], torn["error_kind"], torn["chunks"]) == ("failed", "corrupt", [])
