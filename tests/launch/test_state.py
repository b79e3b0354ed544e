"""The data folder of bin/up: secrets, lock, left-over processes, the children's environment."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from launch.environment import clean_environment
from launch.given import GivenError, ask_given_stores
from launch.parts import Parts
from launch.state import AlreadyRunningError, DataFolder, FolderError, end_leftovers, identity


def test_secrets_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.open()
    first = data.secrets()
    assert len(first["SECRET_KEY"]) >= 32
    assert data.secrets() == first
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600


def test_secret_that_a_later_version_needs_is_added(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    data.write("secrets.json", {"SECRET_KEY": "kept"})
    made = data.secrets()
    assert made["SECRET_KEY"] == "kept"
    assert made["valkey"]


@pytest.mark.parametrize("torn", ["", "{", "[]"])
def test_torn_secrets_are_never_replaced(tmp_path: Path, torn: str) -> None:
    kept = tmp_path / "secrets.json"
    kept.write_text(torn)
    with pytest.raises(FolderError, match="cannot be read"):
        DataFolder(tmp_path).secrets()
    assert kept.read_text() == torn


def test_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be written"):
        DataFolder(tmp_path / "file").open()
    data = DataFolder(tmp_path / "data")
    data.open()
    data.write("ports.json", {"model": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("launch.state.os.fsync", full)
    with pytest.raises(FolderError, match="No space left on device"):
        data.write("ports.json", {"model": 2})
    assert data.read("ports.json") == {"model": 1}


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "postgresql://app_web:hidden@127.0.0.1:1/atrium"),
        ("DATABASE_URL", "mysql://app_web:hidden@db.example/atrium"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:1/0"),
        ("REDIS_URL", "rabbit://:hidden@127.0.0.1:1"),
    ],
)
def test_given_store_that_does_not_answer_is_said_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(GivenError, match=f"{name} leads to nothing") as refused:
        ask_given_stores()
    assert "hidden" not in str(refused.value)


def test_second_supervisor_on_a_folder_is_refused(tmp_path: Path) -> None:
    held = DataFolder(tmp_path)
    held.open()
    with pytest.raises(AlreadyRunningError, match="already running"):
        DataFolder(tmp_path).open()


def test_left_over_process_is_ended_but_not_another_with_its_number(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    ) as process:
        entry = identity(process.pid)
        assert end_leftovers({"other": {"pid": process.pid, "created": entry["created"] - 5}}) == []
        assert process.poll() is None
        assert end_leftovers({"web": entry}) == ["web"]
        assert process.wait(20) < 0


def test_children_get_nothing_that_an_sdk_would_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "ANTHROPIC_API_KEY", "AWS_PROFILE", "HTTPS_PROXY", "https_proxy", "PGHOST"):
        monkeypatch.setenv(name, "leak")
    monkeypatch.setenv("ATRIUM_MAX_UPLOAD_MB", "5")
    environment = clean_environment()
    assert "leak" not in environment.values()
    assert environment["ATRIUM_MAX_UPLOAD_MB"] == "5"
    assert environment["ORT_DISABLE_TELEMETRY"] == "1"


def test_only_maintenance_and_commands_hold_the_platform_key(tmp_path: Path) -> None:
    parts = Parts(DataFolder(tmp_path), "http://localhost:8000")
    for role in ("web", "replies", "ingest"):
        variables = parts.environment(role)
        assert "PLATFORM_DATABASE_URL" not in variables
        assert "MIGRATE_DATABASE_URL" not in variables
        assert not any("app_platform" in value or "app_migrate" in value for value in variables.values())
    assert "app_platform" in parts.environment("maintenance")["PLATFORM_DATABASE_URL"]
    assert "app_web" in parts.environment("web")["DATABASE_URL"]
    assert "app_worker" in parts.environment("replies")["DATABASE_URL"]


def test_given_addresses_replace_embedded_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app_web@db.example/atrium")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    monkeypatch.setenv("ATRIUM_MODEL_SERVER_URL", "https://models.example/v1")
    given = {"ATRIUM_MODEL_SERVER_KEY": "sk-given", "ATRIUM_VAULT_KEYS": "k2:x,k1:y", "SECRET_KEY": "s" * 32}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    parts = Parts(DataFolder(tmp_path), "http://localhost:8000")
    assert parts.stores() == []
    assert parts.environment("replies")["REDIS_URL"] == "redis://broker.example/0"
    assert parts.environment("replies")["ATRIUM_MODEL_SERVER_URL"] == "https://models.example/v1"
    assert {name: parts.environment("web")[name] for name in given} == given
    assert parts.addresses.admin is None
