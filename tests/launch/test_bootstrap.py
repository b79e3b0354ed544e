"""What set-up holds to be up to date."""

import json
from pathlib import Path

import pytest

from launch import bootstrap


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout in place of ours."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "DIST", tmp_path / "static" / "dist")
    for name, text in {
        "requirements.txt": "a==1",
        "requirements-dev.txt": "a==1 b==1",
        "requirements-weights.txt": "w==1",
        "requirements-graphs.txt": "g==1",
        "static/src/main.ts": "export {}",
        "templates/page.html": "<p>",
        "package-lock.json": json.dumps(
            {
                "packages": {
                    "": {},
                    "node_modules/svelte": {"version": "5.0.0"},
                    "node_modules/biome": {"version": "2.0.0", "dev": True},
                    "node_modules/other-platform": {"version": "1.0.0", "optional": True},
                }
            }
        ),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_packages_are_due_until_stamped_and_again_when_the_lock_changes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp, python = checkout / "stamp.json", checkout / "python"
    python.touch()
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    monkeypatch.setattr(bootstrap, "PYTHON", python)
    packages = bootstrap._Packages(development=False)
    assert packages.is_due()
    stamp.write_text(json.dumps({"requirements.txt": packages._hash()}))
    assert not packages.is_due()
    assert bootstrap._Packages(development=True).is_due()
    (checkout / "requirements.txt").write_text("a==2")
    assert packages.is_due()


def test_graphs_are_made_again_when_their_weights_change_and_the_weights_are_not_kept(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "GRAPHS", checkout / "share")
    monkeypatch.setattr(bootstrap, "_install", lambda *_: None)

    def make(command: list[str], _failure: str) -> None:
        packages, folder, model = command[3:]
        assert Path(packages).is_dir()
        (Path(folder) / f"{model}-int8.onnx").touch()

    monkeypatch.setattr(bootstrap, "_run", make)
    graphs = bootstrap._Graphs(["one", "two"])
    assert graphs.is_due()
    graphs.run()
    assert not graphs.is_due()
    assert sorted(path.name for path in (checkout / "share").iterdir()) == [
        "graphs.stamp",
        "one-int8.onnx",
        "two-int8.onnx",
    ]
    (checkout / "requirements-graphs.txt").write_text("g==2")
    assert graphs.is_due()


def test_front_end_is_built_again_when_a_source_or_template_changes(checkout: Path) -> None:
    front = bootstrap._FrontEnd()
    assert front.is_due()
    (checkout / "static" / "dist").mkdir()
    (checkout / "static" / "dist" / ".stamp").write_text(front._hash())
    assert not front.is_due()
    (checkout / "templates" / "page.html").write_text('<p class="flex">')
    assert front.is_due()


def test_node_packages_are_compared_with_the_lock(checkout: Path) -> None:
    def install(name: str, version: str) -> None:
        folder = checkout / "node_modules" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"version": version}))

    runtime, development = (bootstrap._NodeModules(development=flag) for flag in (False, True))
    assert runtime.is_due()
    install("svelte", "5.0.0")
    assert not runtime.is_due()
    assert development.is_due()
    install("biome", "2.0.0")
    assert not development.is_due()
    install("svelte", "4.9.9")
    assert runtime.is_due()


def test_launchers_are_thin_and_executable() -> None:
    folder = Path(__file__).parents[2] / "bin"
    for name in bootstrap.PROGRAMS:
        assert (folder / name).stat().st_mode & 0o111
        assert len((folder / name).read_text().splitlines()) == 3


def test_uv_and_npm_trust_whom_the_system_trusts_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SSL", tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/given")
    assert "SSL_CERT_FILE" not in bootstrap._fetching()
    (tmp_path / "cert.pem").write_text("an authority")
    variables = bootstrap._fetching()
    assert variables["SSL_CERT_FILE"] == str(tmp_path / "cert.pem")
    assert variables["NODE_EXTRA_CA_CERTS"] == "/given"
