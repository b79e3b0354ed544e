"""The parts of an installation, in the order in which a person would mend them."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps import vault
from apps.egress.environment import UncleanEnvironmentError, assert_clean_environment
from apps.files.storage import storage, tenant_prefix
from apps.llm.doctor import operating
from apps.llm.doctor.findings import Found, Part, fail, ok, warn
from apps.llm.endpoints import BUILTIN, address_of
from apps.llm.loop import run_on_loop
from apps.llm.services.builtin import EMBEDDING_SLUG
from apps.llm.vendors.base import ListedModel
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.registry import vendor_for
from apps.runs import live
from apps.tenants.isolation.catalogue import violations
from apps.tenants.scope import global_scope

LEAST_PGVECTOR: Final = (0, 8, 2)
_WORKERS: Final = "Start the workers: bin/up does; elsewhere see the table of processes in docs/deploy.md."


def environment() -> Found:
    """No debug mode, no variables that vendor SDKs would send to a tenant's host."""
    if settings.DEBUG:
        return warn("ATRIUM_DEBUG is on", "Unset ATRIUM_DEBUG before anyone else uses this installation.")
    try:
        assert_clean_environment(os.environ)  # noqa: TID251 - this is what looks at the environment
    except UncleanEnvironmentError as error:
        return warn(f"set: {', '.join(error.names)}", "Unset them; keys belong into connections.")
    return ok(f"serving {settings.BASE_URL}")


def database() -> Found:
    """The application's role can connect and pgvector is new enough."""
    with global_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('server_version')")
        role, version = cursor.fetchone()
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return fail("pgvector is missing", "Install the extension: CREATE EXTENSION vector.")
    if tuple(int(part) for part in row[0].split(".")) < LEAST_PGVECTOR:
        return fail(f"pgvector {row[0]}", "Update pgvector to 0.8.2 or newer.")
    return ok(f"PostgreSQL {version}, pgvector {row[0]}, role {role}")


def migrations() -> Found:
    """The schema is the code's."""
    with global_scope():
        executor = MigrationExecutor(connection)
        missing = [
            key for key in executor.loader.graph.leaf_nodes() if key not in executor.loader.applied_migrations
        ]
    if missing:
        names = ", ".join(f"{app}.{name}" for app, name in missing)
        return fail(f"not applied: {names}", "Run bin/manage migrate.")
    return ok("all applied")


def isolation() -> Found:
    """Row security, composite keys and grants stand as the catalogue lint wants them."""
    with global_scope(), connection.cursor() as cursor:
        found = violations(cursor)
    if found:
        return fail(
            f"{len(found)} violations", "Run bin/manage isolation_check and mend each before serving."
        )
    return ok("row security, keys and grants in place")


def redis() -> Found:
    client = live.connect_sync()
    try:
        version = client.info("server").get("redis_version", "?")
    finally:
        client.close()
    return ok(f"answers, version {version}")


def reply_workers() -> Found:
    """An engine listens for runs to stop as long as it lives."""
    client = live.connect_sync()
    try:
        engines = int(dict(client.pubsub_numsub(live.CONTROL)).get(live.CONTROL.encode(), 0))
    finally:
        client.close()
    return ok(f"{engines} running") if engines else fail("none is running: no answer is written", _WORKERS)


def ingest_workers() -> Found:
    from celery import current_app

    queues = current_app.control.inspect(timeout=1.5).active_queues() or {}
    workers = [name for name, bound in queues.items() if any(queue["name"] == "ingest" for queue in bound)]
    return (
        ok(f"{len(workers)} running") if workers else fail("none is running: no document is read", _WORKERS)
    )


def vault_keys() -> Found:
    """What is sealed now opens again."""
    tenant_id = uuid.uuid4()
    if (
        vault.open_sealed(
            vault.seal("probe", tenant_id=tenant_id, field="doctor"), tenant_id=tenant_id, field="doctor"
        )
        != "probe"
    ):
        return fail("a sealed value came back changed", "Check ATRIUM_VAULT_KEYS.")
    return ok(f"{len(settings.VAULT_KEYS)} keys, new values sealed by the first")


def file_storage() -> Found:
    """A file can be written, read and removed."""
    key = f"{tenant_prefix(uuid.uuid4())}{uuid.uuid4()}"
    store = storage()
    store.save(key, [b"probe"])
    try:
        with store.open(key) as stored:
            read = stored.read()
    finally:
        store.delete(key)
    if read != b"probe":
        return fail("a file came back changed", "Check the disk or the S3 bucket.")
    return ok(settings.FILES_S3_BUCKET or str(settings.FILES_DIR))


def model_server() -> Found:
    if not settings.MODEL_SERVER_URL:
        return warn(
            "not set up", "Built-in models are off. Set ATRIUM_MODEL_SERVER_URL, or connect a provider."
        )
    names = [model.id for model in _served()]
    if EMBEDDING_SLUG not in names:
        return fail(
            f"{EMBEDDING_SLUG} is missing", "Documents can not be searched by meaning. Restart bin/up."
        )
    return ok(", ".join(names))


def _served() -> list[ListedModel]:
    address = address_of(settings.MODEL_SERVER_URL)
    allowed = frozenset({(address.host, address.port)})
    endpoint = Endpoint(address.url, settings.MODEL_SERVER_KEY, {}, uuid.uuid4(), allowed)
    return run_on_loop(vendor_for(BUILTIN).list_models(endpoint))


def front_end() -> Found:
    manifest = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    if not manifest.exists():
        return fail(f"{manifest} is missing", "Build it: npm ci && npm run build (bin/up does).")
    return ok("built")


def mail() -> Found:
    if not settings.EMAIL_HOST:
        return warn(
            "not set up", "People get links from an administrator instead. Set EMAIL_HOST to send mail."
        )
    return ok(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")


PARTS: Final = (
    Part("environment", environment, "Check the variables in docs/configure.md."),
    Part("database", database, "Check DATABASE_URL and that PostgreSQL runs."),
    Part("migrations", migrations, "Run bin/manage migrate."),
    Part("isolation", isolation, "Run bin/manage isolation_check."),
    Part("platform database", operating.platform_database, "Check PLATFORM_DATABASE_URL."),
    Part("clock", operating.clock, "Check DATABASE_URL and that PostgreSQL runs."),
    Part("redis", redis, "Check REDIS_URL and that Redis or Valkey runs. Chats go on, more slowly."),
    Part("reply workers", reply_workers, _WORKERS),
    Part("ingest workers", ingest_workers, _WORKERS),
    Part("maintenance", operating.maintenance, "Check REDIS_URL and that Redis or Valkey runs."),
    Part(
        "vault keys",
        vault_keys,
        "Check ATRIUM_VAULT_KEYS: a lost key makes every stored credential unreadable.",
    ),
    Part("file storage", file_storage, "Check ATRIUM_FILES_DIR or the S3 settings, and who may write there."),
    Part("disk", operating.disk, "Check ATRIUM_DATA and ATRIUM_FILES_DIR."),
    Part("model server", model_server, "Restart bin/up, or check ATRIUM_MODEL_SERVER_URL."),
    Part("front end", front_end, "Build it: npm ci && npm run build."),
    Part("mail", mail, "Check the EMAIL_ variables."),
)
