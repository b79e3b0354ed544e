"""connection_add, allow_host and doctor, as an operator scripts them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import Cast
from tests.llm.conftest import KEY, allow
from tests.llm.host import Host

if TYPE_CHECKING:
    from pathlib import Path


def _run(*words: str) -> Any:
    """The command's JSON."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    assert KEY not in out.getvalue()
    return json.loads(out.getvalue())


def _fails(*words: str) -> str:
    from django.core.management import call_command
    from django.core.management.base import CommandError

    with pytest.raises(CommandError) as caught:
        call_command(*words)
    return str(caught.value)


def test_host_is_allowed_listed_and_taken_back(cast: Cast) -> None:
    pair = ("--tenant", cast.acme.slug, "--host", "Models.Internal.", "--port", "8000")
    assert _run("allow_host", *pair)["allowed"] == [{"host": "models.internal", "port": 8000}]
    assert _run("allow_host", *pair)["allowed"] == [{"host": "models.internal", "port": 8000}]
    assert _run("allow_host", "--tenant", cast.globex.slug)["allowed"] == []
    assert _run("allow_host", *pair, "--remove")["allowed"] == []
    assert "was not allowed" in _fails("allow_host", *pair, "--remove")


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("169.254.169.254", "80"),
        ("0.0.0.0", "80"),  # noqa: S104 - refused, never bound
        ("a b", "80"),
        ("x", "0"),
        ("x", "70000"),
        ("127.1", "80"),
    ],
)
def test_what_is_never_allowed(cast: Cast, host: str, port: str) -> None:
    _fails("allow_host", "--tenant", cast.acme.slug, "--host", host, "--port", port)
    assert _run("allow_host", "--tenant", cast.acme.slug)["allowed"] == []


def test_only_a_folder_that_is_there_is_allowed(cast: Cast, tmp_path: Path) -> None:
    there, link = tmp_path.resolve() / "there", tmp_path.resolve() / "link"
    there.mkdir()
    link.symlink_to(there)
    whose = ("allow_folder", "--tenant", cast.acme.slug)
    gone = str(there / "gone")
    assert "does not exist on this host. Nothing was changed" in _fails(*whose, "--path", gone)
    assert f"Allow {there}" in _fails(*whose, "--path", str(link))
    assert _run(*whose)["allowed"] == []
    assert _run(*whose, "--path", str(there))["allowed"] == [str(there)]
    assert _run(*whose, "--path", gone, "--elsewhere")["allowed"] == [str(there), gone]
    there.rmdir()
    assert _run(*whose, "--path", str(there), "--remove")["allowed"] == [gone]


def test_connection_with_models_for_everyone(cast: Cast, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.selectors import default_model, models_for_team
    from apps.tenants.scope import tenant_scope

    allow(cast.acme.id, host.port)
    monkeypatch.setenv("SOME_KEY", KEY)
    words = ("connection_add", "--tenant", cast.acme.slug, "--name", "Scripted", "--base-url", host.base_url)
    models = ("--models", "big-model, text-embedding-tiny", "--key-env", "SOME_KEY", "--default")
    told = _run(*words, *models)
    assert (told["name"], told["key_last4"], told["default"]) == ("Scripted", "WXYZ", "big-model")
    assert [model["modality"] for model in told["models"]] == ["chat", "embedding"]
    with tenant_scope(cast.acme.id):
        assert [model.slug for model in models_for_team(cast.sales.pk)] == ["big-model"]
        assert default_model(cast.sales.pk) == default_model(None)
    assert host.asked == []


def test_connection_for_some_teams_with_key_from_standard_input(
    cast: Cast, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.selectors import models_for_team
    from apps.tenants.scope import tenant_scope

    allow(cast.acme.id, host.port)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    words = ("connection_add", "--tenant", cast.acme.slug, "--base-url", host.base_url, "--key-stdin")
    told = _run(*words, "--models", "m", "--embedding-models", "odd-name", "--teams", "engineering")
    assert told["teams"] == ["engineering"]
    assert told["models"][1]["modality"] == "embedding"
    with tenant_scope(cast.acme.id):
        assert models_for_team(cast.sales.pk) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--base-url", "http://10.0.0.1/v1"), "allow_host"),
        (("--base-url", "https://a.example/v1", "--teams", "nobody"), "nobody"),
        (("--base-url", "https://a.example/v1", "--default"), "--default"),
        (("--base-url", "https://a.example/v1", "--key-env", "NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
        (("--base-url", "https://a.example/v1", "--setting", "x"), "NAME=VALUE"),
    ],
)
def test_mistake_is_told_and_nothing_is_saved(cast: Cast, words: tuple[str, ...], told: str) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    assert told in _fails("connection_add", "--tenant", cast.acme.slug, *words)
    with tenant_scope(cast.acme.id):
        assert not Connection.objects.exists()


def test_unknown_tenant_is_told() -> None:
    for words in (("connection_add", "--base-url", "https://a.example/v1"), ("allow_host",)):
        assert "no-such-tenant" in _fails(words[0], "--tenant", "no-such-tenant", *words[1:])


def test_doctor_turns_every_fault_into_a_finding() -> None:
    from apps.llm.doctor.findings import Part, State, examine, ok

    def broken() -> Any:
        raise RuntimeError("first line\nsecond line")

    fine, failed = examine([Part("a", lambda: ok("well"), ""), Part("b", broken, "mend it")])
    assert (fine.state, fine.advice) == (State.OK, "")
    assert (failed.state, failed.detail, failed.advice) == (
        State.FAIL,
        "RuntimeError: first line",
        "mend it",
    )
