"""`bin/manage`: manage.py in the environment of a data folder whose parts run (or of the variables given)."""

import os
import secrets
import sys
from pathlib import Path

from launch.environment import clean_environment
from launch.parts import ROOT
from launch.state import DataFolder

ALONE = frozenset({"ingest", "vendor_replay"})
"""Commands that need no installation."""
USAGE = "usage: bin/manage [--data DIR] COMMAND [ARGUMENT …]   (bin/manage help lists the commands)\n"


def main() -> None:
    """Become manage.py. Ends with status 1 where nothing tells which installation is meant."""
    arguments = sys.argv[1:]
    folder = Path(os.environ.get("ATRIUM_DATA") or ".atrium")
    if arguments[:1] == ["--data"] and len(arguments) > 1:
        folder, arguments = Path(arguments[1]), arguments[2:]
    if not arguments:
        sys.stderr.write(USAGE)
        sys.exit(2)
    kept = DataFolder(folder).read("environment.json") or (_nowhere() if arguments[0] in ALONE else {})
    if not kept and not os.environ.get("DATABASE_URL"):
        sys.stderr.write(
            f"There is no installation in {folder.resolve()}: start one with bin/up, "
            "name its folder with --data, or set DATABASE_URL.\n"
        )
        sys.exit(1)
    environment = clean_environment({str(name): str(value) for name, value in kept.items()} | _given())
    os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), *arguments], environment)  # noqa: S606


def _nowhere() -> dict[str, str]:
    """Settings that lead to no stores, for a command that asks for none."""
    return {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SECRET_KEY": secrets.token_hex(32)}


def _given() -> dict[str, str]:
    """What the caller's environment says itself, which goes before what bin/up left."""
    names = ("DATABASE_URL", "PLATFORM_DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    return {name: os.environ[name] for name in names if os.environ.get(name)}


if __name__ == "__main__":
    main()
