"""An installation of which nothing runs but its database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import django

from launch.parts import Parts
from launch.process import spawn, stop
from launch.state import DataFolder

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def installation(keep: Path | None) -> Iterator[Path]:
    """The folder of a fresh installation whose database alone runs, with Django set up for commands.

    `keep` is a folder that stays, and is used again where it was kept before.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="atrium-bench-"))
    data = DataFolder(folder)
    data.open()
    os.environ["ATRIUM_MODEL_SERVER_URL"] = "http://127.0.0.1:1/v1"
    parts = Parts(data, "http://localhost")
    postgres = parts.postgres
    assert postgres is not None
    postgres.prepare()
    with (folder / "postgres.log").open("wb") as log:
        process = spawn(postgres.command(), log)
        try:
            postgres.wait_ready()
            if postgres.create_database():
                assert parts.addresses.admin is not None
                _manage(parts, "database_init", "--admin-url", parts.addresses.admin, "--json")
            _manage(parts, "migrate", "--verbosity", "0")
            os.environ.update(parts.environment("command"))
            django.setup()
            yield folder
        finally:
            stop(process, postgres.command())
            if keep is None:
                shutil.rmtree(folder, ignore_errors=True)


def _manage(parts: Parts, *words: str) -> None:
    command = parts.manage(*words)
    done = subprocess.run(
        command.argv, env=dict(command.env), cwd=command.cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{words[0]} failed:\n{done.stderr[-3000:]}")
