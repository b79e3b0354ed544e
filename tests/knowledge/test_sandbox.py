import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.knowledge.parsing.errors import MESSAGES, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import MIB, Limits
from apps.knowledge.sandbox.runner import parse_sandboxed, run

from . import builders

TIGHT = Limits(wall=5, cpu=2, memory=256 * MIB)


def probe(name: str, limits: Limits = TIGHT, **arguments: Any) -> Any:
    return run(b"data", f"tests.knowledge.probes:{name}", arguments, limits)


def failure(name: str, limits: Limits = TIGHT) -> ParseErrorKind:
    with pytest.raises(ParseError) as caught:
        probe(name, limits)
    assert caught.value.message == MESSAGES[caught.value.kind]
    return caught.value.kind


def test_nothing_can_be_reached_from_inside() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        results = probe("escape", port=server.getsockname()[1], victim=os.getpid())
        with pytest.raises(TimeoutError):
            server.accept()
    assert results.pop("resolve") in {"gaierror", "PermissionError"}
    assert results.pop("thread") == "RuntimeError"
    assert set(results.values()) == {"PermissionError"}, results
    assert not Path("/tmp/escaped").exists()  # noqa: S108


def test_the_child_sees_no_environment_and_only_its_own_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    seen = probe("surroundings")
    assert {"DATABASE_URL", "PATH", "HOME"}.isdisjoint(seen["environ"])
    assert "secret" not in repr(seen)
    assert seen["data"] == "data"
    assert len(seen["descriptors"]) <= 6


@pytest.mark.parametrize("name", ["loop", "sleep", "loop_before_closing"])
def test_a_parser_that_never_ends_is_stopped(name: str) -> None:
    began = time.monotonic()
    assert failure(name, replace(TIGHT, wall=1.0)) == ParseErrorKind.TIMEOUT
    assert time.monotonic() - began < 15


def test_cpu_seconds_are_limited_too() -> None:
    assert failure("loop", replace(TIGHT, cpu=1)) == ParseErrorKind.TIMEOUT


def test_memory_is_limited() -> None:
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert failure("memory") == ParseErrorKind.MEMORY
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 1.5 * ours, TIGHT.memory // 1024)


def test_a_fork_bomb_makes_no_process() -> None:
    assert probe("forks") == {"made": 0}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("crash", ParseErrorKind.CRASHED),
        ("silent", ParseErrorKind.CRASHED),
        ("flood", ParseErrorKind.TOO_LARGE),
    ],
)
def test_a_broken_parser_is_reported(name: str, kind: ParseErrorKind) -> None:
    assert failure(name, replace(TIGHT, output=MIB)) == kind


def test_an_answer_of_another_shape_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def lie(*_: object) -> Any:
        return run(b"x", "tests.knowledge.probes:nonsense", {}, TIGHT)

    monkeypatch.setattr("apps.knowledge.sandbox.runner.run", lie)
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(b"x", "x.txt", TIGHT)
    assert caught.value.kind == ParseErrorKind.CRASHED


@pytest.mark.parametrize("declared", [None, 1000])
def test_zip_bomb_fails_fast_and_small(declared: int | None) -> None:
    data = builders.bomb(declared=declared)
    assert len(data) < 5 * MIB
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = time.monotonic()
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(data, "report.docx")
    assert caught.value.kind in {ParseErrorKind.BOMB, ParseErrorKind.CORRUPT}
    assert time.monotonic() - began < 5
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 1.5 * ours, 150 * 1024)


def test_a_million_entries_are_refused_before_the_directory_is_read() -> None:
    data = builders.zipped({f"word/{number}.xml": b"" for number in range(10_001)})
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(data, "report.docx")
    assert caught.value.kind == ParseErrorKind.BOMB


def test_file_over_the_limit_never_reaches_the_child(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(11 * MIB)
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(path, path.name, Limits(input=10 * MIB))
    assert caught.value.kind == ParseErrorKind.TOO_LARGE


def test_every_format_comes_back_whole_from_the_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "stored-under-an-id"
    path.write_bytes(builders.pdf("First page.", "Second page.", title="Report"))
    report = parse_sandboxed(path, "report.pdf")
    assert (report.title, report.pages, [section.page for section in report.sections]) == (
        "Report",
        2,
        [1, 2],
    )
    note = parse_sandboxed("Größe und Maß".encode("cp1252") * 20, "note.txt")
    assert note.text.startswith("Größe und Maß")
    page = parse_sandboxed(b"<html><body><h1>Title</h1><p>Text", "page.html")
    assert page.sections[0].heading == ("Title",)
    letter = parse_sandboxed(
        builders.word(paragraphs=[("Heading 1", "One"), ("Normal", "Body")]), "letter.docx"
    )
    assert letter.sections[0].text == "One\n\nBody"


def test_it_works_without_root() -> None:
    unshare = shutil.which("unshare")
    if os.getuid() != 0 or not unshare:
        pytest.skip("the other tests already ran without root, or there is no way to another user here")
    code = (
        "import sys; sys.path.insert(0, '.');"
        "from apps.knowledge.sandbox.runner import parse_sandboxed;"
        "sys.stdout.write(parse_sandboxed(b'Hello there', 'a.txt').text)"
    )
    command = [unshare, "--user", sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr:
        pytest.skip("user namespaces are closed on this machine")
    assert done.stdout == "Hello there", done.stderr


def test_subprocess_loads_nothing_of_the_application() -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); "
        "import apps.knowledge.sandbox.entry, apps.knowledge.sandbox.confinement;"
        "sys.exit(bool({'django', 'asyncio', 'ssl', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0
