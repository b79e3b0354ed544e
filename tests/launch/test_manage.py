"""bin/manage without an installation: refused with what to do, but for commands that need none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launch.manage import with_key

ROOT = Path(__file__).resolve().parents[2]


def managed(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | variables
    command = [sys.executable, "-m", "launch.manage", "--data", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def test_a_command_without_an_installation_says_what_to_do(tmp_path: Path) -> None:
    refused = managed(tmp_path, "doctor")
    assert refused.returncode == 1
    assert "There is no installation" in refused.stderr


def test_help_needs_no_installation(tmp_path: Path) -> None:
    listed = managed(tmp_path, "--help")
    assert listed.returncode == 0
    assert "tenant_create" in listed.stdout
    of_one = managed(tmp_path, "database_init", "--help")
    assert of_one.returncode == 0
    assert "--admin-url" in of_one.stdout


def test_roles_are_made_before_there_is_an_installation(tmp_path: Path) -> None:
    refused = managed(tmp_path, "database_init", "--admin-url", "postgresql://postgres@127.0.0.1:1/atrium")
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: The database cannot be reached")
    wrong = managed(tmp_path, "database_init", "--admin-url", "postgresql://postgres:kept-quiet@[bad/atrium")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("CommandError: --admin-url is no address")
    assert "kept-quiet" not in wrong.stderr


def test_wrong_variable_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    refused = managed(tmp_path, "doctor", DATABASE_URL="postgresql://app_worker@db.example/atrium")
    assert refused.returncode == 1
    assert refused.stderr.startswith("SECRET_KEY is missing")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("words", [["--key-env", "OPENAI_API_KEY"], ["--key-env=OPENAI_API_KEY"]])
def test_key_that_a_command_names_reaches_it_under_a_name_that_no_sdk_reads(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-given")
    environment: dict[str, str] = {}
    given = with_key(["connection_add", *words, "--default"], environment)
    assert given == ["connection_add", "--key-env", "ATRIUM_GIVEN_KEY", "--default"]
    assert environment == {"ATRIUM_GIVEN_KEY": "sk-given"}
    monkeypatch.delenv("OPENAI_API_KEY")
    assert with_key(["connection_add", *words], environment)[2] == "OPENAI_API_KEY"


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
