"""`bin/check`: every static check by name; all run, then a summary. Arguments choose checks by name."""

import difflib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launch.environment import clean_environment
from launch.parts import ROOT

PYTHON_ROOTS = ("apps", "config", "launch", "bench", "tests", "manage.py")
SCHEMA = ROOT / "docs" / "openapi.yaml"


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. `run` returns what is wrong: empty is well, None is nothing to check."""

    name: str
    run: Callable[[], str | None]


def main() -> None:
    """Run the checks; ends with status 1 where one failed."""
    wanted = set(sys.argv[1:])
    unknown = wanted - {check.name for check in CHECKS}
    if unknown:
        sys.exit(
            f"No such check: {', '.join(sorted(unknown))}. There are {', '.join(c.name for c in CHECKS)}."
        )
    failed = []
    for check in CHECKS:
        if wanted and check.name not in wanted:
            continue
        begin = time.monotonic()
        wrong = check.run()
        state = "nothing to check" if wrong is None else "failed" if wrong else "ok"
        _say(f"{check.name.ljust(12)} {state} ({time.monotonic() - begin:.1f} s)")
        if wrong:
            failed.append(check.name)
            _say(wrong)
    _say(f"Checks failed: {', '.join(failed)}" if failed else "All checks passed.")
    sys.exit(bool(failed))


def _command(*argv: str) -> str:
    """What a failing command said; empty where it succeeded."""
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=clean_environment({"DJANGO_SETTINGS_MODULE": "config.settings_test", "PYTHONPATH": str(ROOT)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout.strip() or f"{argv[0]}: status {done.returncode}"


def _tool(module: str, *arguments: str) -> str:
    return _command(str(Path(sys.prefix) / "bin" / module), *arguments)


def _types() -> str | None:
    roots = [root for root in PYTHON_ROOTS if (ROOT / root).exists()]
    return _tool("mypy", *roots)


def _templates() -> str | None:
    paths = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    if not paths:
        return None
    found = (_tool("djade", "--check", "--target-version", "5.2", *paths), _tool("djlint", "--lint", *paths))
    return "\n".join(text for text in found if text)


def _migrations() -> str | None:
    return _command(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")


def _schema() -> str | None:
    """The difference between the committed schema and the one that the code gives."""
    if not SCHEMA.exists():
        return None
    fresh = ROOT / ".setup.schema"
    try:
        wrong = _command(
            sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)
        )
        if wrong:
            return wrong
        now, then = fresh.read_text().splitlines(), SCHEMA.read_text().splitlines()
    finally:
        fresh.unlink(missing_ok=True)
    difference = list(difflib.unified_diff(then, now, "docs/openapi.yaml", "the code", lineterm="", n=1))
    if not difference:
        return ""
    return "\n".join(
        [*difference[:60], "The REST API changed: run `make schema` and commit docs/openapi.yaml."]
    )


def _node(script: str) -> Callable[[], str | None]:
    def run() -> str | None:
        return _tool("npm", "run", "--silent", script) if (ROOT / "static" / "src").is_dir() else None

    return run


CHECKS = (
    Check("format", lambda: _tool("ruff", "format", "--check", ".")),
    Check("lint", lambda: _tool("ruff", "check", "--quiet", ".")),
    Check("types", _types),
    Check("imports", lambda: _tool("lint-imports", "--no-cache")),
    Check("templates", _templates),
    Check("migrations", _migrations),
    Check("schema", _schema),
    Check("biome", _node("lint")),
    Check("svelte", _node("check")),
    Check("size", _node("size")),
)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
