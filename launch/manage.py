"""`bin/manage`: manage.py in the environment of a data folder whose parts run (or of the variables given)."""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from launch.environment import clean_environment
from launch.parts import ROOT
from launch.state import DataFolder

ALONE = frozenset({"database_init", "help", "ingest", "vendor_replay"})
"""Commands that need no installation."""
HELP = frozenset({"-h", "--help"})
USAGE = "usage: bin/manage [--data DIR] COMMAND [ARGUMENT …]   (bin/manage help lists the commands)\n"
KEY_FLAG, KEY_NAME = "--key-env", "ATRIUM_GIVEN_KEY"


def main() -> None:
    """Become manage.py. Ends with status 1 where nothing tells which installation is meant."""
    folder, arguments = _folder(sys.argv[1:])
    if not arguments:
        sys.stderr.write(USAGE)
        sys.exit(2)
    is_alone = arguments[0] in ALONE or not HELP.isdisjoint(arguments)
    kept = DataFolder(folder).read("environment.json") or (_nowhere() if is_alone else {})
    if not kept and not os.environ.get("DATABASE_URL"):
        sys.stderr.write(
            f"There is no installation in {folder.resolve()}: start one with bin/up, "
            "name its folder with --data, or set DATABASE_URL.\n"
        )
        sys.exit(1)
    environment = clean_environment({str(name): str(value) for name, value in kept.items()} | _given())
    arguments = with_key(arguments, environment)
    os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), *arguments], environment)  # noqa: S606


def _folder(words: Sequence[str]) -> tuple[Path, list[str]]:
    """The data folder that is meant, and the words after it."""
    if words[:1] == ["--data"] and len(words) > 1:
        return Path(words[1]), list(words[2:])
    if words and words[0].startswith("--data="):
        return Path(words[0].partition("=")[2]), list(words[1:])
    return Path(os.environ.get("ATRIUM_DATA") or ".atrium"), list(words)


def with_key(arguments: Sequence[str], environment: dict[str, str]) -> list[str]:
    """The words, with the variable that --key-env names put into `environment` under a name of ours.

    Under its own, such as OPENAI_API_KEY, an SDK would read it by itself.
    """
    words = [part for word in arguments for part in _apart(word)]
    for place, name in enumerate(words[1:], start=1):
        if words[place - 1] == KEY_FLAG and os.environ.get(name):
            environment[KEY_NAME] = os.environ[name]
            words[place] = KEY_NAME
    return words


def _apart(word: str) -> tuple[str, ...]:
    flag, sign, value = word.partition("=")
    return (flag, value) if sign and flag == KEY_FLAG else (word,)


def _nowhere() -> dict[str, str]:
    """Settings that lead to no stores, for a command that asks for none."""
    return {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SECRET_KEY": secrets.token_hex(32)}


def _given() -> dict[str, str]:
    """What the caller's environment says itself, which goes before what bin/up left."""
    names = ("DATABASE_URL", "PLATFORM_DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    return {name: os.environ[name] for name in names if os.environ.get(name)}


if __name__ == "__main__":
    main()
