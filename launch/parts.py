"""The parts of a running Atrium: the command, the readiness and the environment of each."""

import hashlib
import http.client
import json
import os
import re
import socket
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from launch.environment import clean_environment
from launch.network import LOOPBACK, free_port
from launch.postgres import Postgres
from launch.process import Command
from launch.state import DataFolder
from launch.supervisor import Service
from launch.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent

STAGE_STORES, STAGE_MODELS, STAGE_WORKERS, STAGE_EDGE = range(4)
"""The order of the end, last first: web, workers, the model server, database and broker."""

MODEL_KEY = "ATRIUM_MODEL_SERVER_KEY"
STREAMS_PER_CORE = 300
ANY = "0.0.0.0"  # noqa: S104  # compared with, not bound to
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"
CELERY_READY = re.compile(r"\bready\.")
MAINTENANCE_READY = re.compile("maintenance is ready")

ROLE_USERS = {"WEB": "app_web", "WORKER": "app_worker", "MIGRATE": "app_migrate", "PLATFORM": "app_platform"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the stores are. `admin` is the embedded database's superuser, else None."""

    web: str
    worker: str
    migrate: str
    platform: str
    redis: str
    models: str
    admin: str | None


class Parts:
    """Commands and services for one data folder; what the environment names replaces embedded parts."""

    def __init__(self, data: DataFolder, base_url: str) -> None:
        self._data = data
        self._secrets = data.secrets()
        self._base_url = base_url
        self.postgres = self._embedded_postgres()
        self.valkey = self._embedded_valkey()
        self.model_port = 0 if os.environ.get("ATRIUM_MODEL_SERVER_URL") else self._port("model")
        data.write(
            "ports.json",
            {
                "postgres": self.postgres.port if self.postgres else 0,
                "valkey": self.valkey.port if self.valkey else 0,
                "model": self.model_port,
            },
        )
        self.addresses = self._addresses()

    def stores(self) -> list[Service]:
        """The embedded database, broker and model server, those that nothing replaces."""
        services = []
        if self.postgres is not None:
            postgres = self.postgres
            services.append(
                Service(postgres.command(), STAGE_STORES, before=postgres.prepare, probe=postgres.is_ready)
            )
        if self.valkey is not None:
            valkey = self.valkey
            services.append(
                Service(valkey.command(), STAGE_STORES, before=valkey.prepare, probe=valkey.is_ready)
            )
        if self.model_port:
            services.append(self._model_server())
        return services

    def web(self, listening: socket.socket) -> Service:
        """The web process on the supervisor's socket."""
        host, port = listening.getsockname()
        descriptor = listening.fileno()
        command = Command(
            "web",
            (sys.executable, "-m", "launch.web", "--descriptor", str(descriptor)),
            self.environment("web"),
            cwd=ROOT,
            stop_seconds=12,
            pass_fds=(descriptor,),
        )
        return Service(command, STAGE_EDGE, probe=lambda: _answers(host, port, "/livez"))

    def workers(self) -> list[Service]:
        """Both Celery workers and, where the platform's address is known, maintenance."""
        cores = os.cpu_count() or 1
        streams = STREAMS_PER_CORE * max(1, min(cores - 1, 4))
        limits = ("--max-tasks-per-child=50", "--max-memory-per-child=800000")
        ingest = ("-P", "prefork", "-c", str(max(2, min(cores // 2, 4))), *limits)
        services = [
            self._worker("replies", ("-P", "threads", "-c", str(streams)), stop_seconds=35),
            self._worker("ingest", ingest, stop_seconds=20),
        ]
        if self.addresses.platform:
            maintenance = replace(self.manage("maintain", role="maintenance"), name="maintenance")
            services.append(Service(maintenance, STAGE_WORKERS, ready_line=MAINTENANCE_READY))
        return services

    def schema_hash(self) -> str:
        """Tells whether the embedded database has the roles and schema of this code and these secrets."""
        tenants = ROOT / "apps" / "tenants"
        paths = [
            *ROOT.glob("apps/*/migrations/*.py"), *tenants.glob("management/commands/*.py"),
            tenants / "roles.py", ROOT / "requirements.txt",
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(self._secrets, sort_keys=True).encode())
        for path in sorted(paths):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def manage(self, *arguments: str, role: str = "command") -> Command:
        """A management command with what its role may know."""
        argv = (sys.executable, "manage.py", *arguments)
        return Command(arguments[0], argv, self.environment(role), cwd=ROOT)

    def environment(self, role: str) -> dict[str, str]:
        """A process's variables. Only commands may migrate; they and maintenance hold the platform's."""
        where = self.addresses
        variables = {
            "ATRIUM_ROLE": role,
            "ATRIUM_DATA": str(self._data.path),
            "ATRIUM_BASE_URL": self._base_url,
            "ATRIUM_MODEL_SERVER_URL": where.models,
            "DATABASE_URL": where.web if role == "web" else where.worker,
            "REDIS_URL": where.redis,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **{name: self._key(name) for name in ("SECRET_KEY", "ATRIUM_VAULT_KEYS", MODEL_KEY)},
        }
        if role in {"maintenance", "command"}:
            variables["PLATFORM_DATABASE_URL"] = where.platform
        if role == "command":
            variables["MIGRATE_DATABASE_URL"] = where.migrate
            variables |= {n: v for n, v in self._secrets.items() if n.startswith("ATRIUM_DB_PASSWORD_")}
        return clean_environment(variables)

    def _key(self, name: str) -> str:
        """The key that the caller gave, else the data folder's own."""
        return os.environ.get(name) or self._secrets[name]

    def _model_server(self) -> Service:
        key = {MODEL_KEY: self._key(MODEL_KEY)}
        command = Command(
            "model",
            (sys.executable, "-m", "launch.model_server", "--port", str(self.model_port)),
            clean_environment(key),
            cwd=ROOT,
            stop_seconds=5,
        )
        return Service(command, STAGE_MODELS, probe=lambda: _answers(LOOPBACK, self.model_port, "/health"))

    def _worker(self, queue: str, pool: tuple[str, ...], *, stop_seconds: float) -> Service:
        quiet = ("-l", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat")
        command = self._celery(queue, "worker", "-Q", queue, "-n", f"{queue}@%h", *pool, *quiet)
        return Service(replace(command, stop_seconds=stop_seconds), STAGE_WORKERS, ready_line=CELERY_READY)

    def _celery(self, name: str, *arguments: str) -> Command:
        argv = (sys.executable, "-W", ROOT_WARNING, "-m", "celery", "-q", "-A", "config.celery", *arguments)
        return Command(name, argv, self.environment(name), cwd=ROOT)

    def _port(self, name: str) -> int:
        """The port of last time where it is free, else another."""
        return free_port(self._data.read("ports.json").get(name) or None)

    def _embedded_postgres(self) -> Postgres | None:
        if os.environ.get("DATABASE_URL"):
            return None
        return Postgres(self._data.path / "postgres", self._port("postgres"), self._secrets["postgres"])

    def _embedded_valkey(self) -> Valkey | None:
        if os.environ.get("REDIS_URL"):
            return None
        return Valkey(self._data.path / "valkey", self._port("valkey"), self._secrets["valkey"])

    def _addresses(self) -> Addresses:
        redis = self.valkey.url if self.valkey else os.environ["REDIS_URL"]
        models = os.environ.get("ATRIUM_MODEL_SERVER_URL") or f"http://{LOOPBACK}:{self.model_port}/v1"
        if self.postgres is None:
            given = os.environ["DATABASE_URL"]
            return Addresses(
                web=given,
                worker=os.environ.get("WORKER_DATABASE_URL") or given,
                migrate=os.environ.get("MIGRATE_DATABASE_URL", ""),
                platform=os.environ.get("PLATFORM_DATABASE_URL", ""),
                redis=redis,
                models=models,
                admin=None,
            )
        web, worker, migrate, platform = (
            self._role_url(self.postgres, role) for role in ("WEB", "WORKER", "MIGRATE", "PLATFORM")
        )
        return Addresses(web, worker, migrate, platform, redis, models, self.postgres.url())

    def _role_url(self, postgres: Postgres, role: str) -> str:
        password = quote(self._secrets[f"ATRIUM_DB_PASSWORD_{role}"], safe="")
        return f"postgresql://{ROLE_USERS[role]}:{password}@{LOOPBACK}:{postgres.port}/{postgres.database}"


def _answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server of this machine answers the path, with anything but a fault, within 2 s."""
    connection = http.client.HTTPConnection(LOOPBACK if host == ANY else host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
