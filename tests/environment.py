"""The environment of the code under test: throw-away services, the application's roles, a migrated database.

`prepare()` runs before Django starts; `ENVIRONMENT` is what child processes (web, workers) get too.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from launch.environment import clean_environment
from tests.services import Services, start_services

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ATRIUM_SHARED", ROOT.parent / "shared"))
ENVIRONMENT: dict[str, str] = {}


def prepare() -> Services:
    """Start the services, create roles and schema, and point this process at them."""
    services = start_services()
    admin = services.database_admin_url
    _sql(admin, "CREATE DATABASE atrium")
    database = admin.rsplit("/", 1)[0] + "/atrium"
    ENVIRONMENT.update(
        DJANGO_SETTINGS_MODULE="config.settings_test",
        SECRET_KEY=secrets.token_urlsafe(48),
        REDIS_URL=services.redis_url,
        ATRIUM_DATA=str(services.folder / "data"),
        ATRIUM_LOG_LEVEL="WARNING",
        ATRIUM_TEST_ADMIN_URL=database,
    )
    created = manage("database_init", "--admin-url", database, "--json")
    ENVIRONMENT.update(json.loads(created))
    manage("migrate", "--verbosity", "0")
    os.environ.update(ENVIRONMENT)
    return services


def manage(*words: str) -> str:
    """Run manage.py in a process of its own; its standard output. Raises RuntimeError with its errors."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=clean_environment() | ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {words[0]} failed:\n{done.stderr[-4000:]}")
    return done.stdout


def _sql(admin_url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(statement)
