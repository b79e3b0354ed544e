"""What an installation needs around its services: maintenance, the platform's address, room, the clock."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection, connections

from apps.files.limits import megabytes
from apps.llm.doctor.findings import fail, ok, warn
from apps.runs import live
from apps.runs.maintenance import pulse
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import global_scope

if TYPE_CHECKING:
    from pathlib import Path

    from apps.llm.doctor.findings import Found

START_MAINTENANCE: Final = (
    "Start `manage.py maintain` (bin/up does): without it lost answers stay open, the audit trail is not "
    "sealed and nothing expires."
)
_PLATFORM_ADVICE: Final = "Set PLATFORM_DATABASE_URL to the app_platform address of database_init."
_LATE_S: Final = 60.0
"""How much longer than its interval a job may take before it counts as stuck."""
_LITTLE: Final = 5 * 1024**3
_TOO_LITTLE: Final = 500 * 1024**2
_OFF_S, _FAR_OFF_S = 2.0, 30.0
_SERVER: Final = "SELECT current_database(), pg_postmaster_start_time(), current_user"


def maintenance() -> Found:
    """The process lives, each of its jobs has run when it should have, and none failed."""
    client = live.connect_sync()
    try:
        found = pulse(client)
    finally:
        client.close()
    if found is None:
        return fail("not running", START_MAINTENANCE)
    now = time.time()
    late = [name for name, job in found.items() if now - job.ended_at > 2 * job.every_s + _LATE_S]
    if late:
        return fail(f"stuck: {', '.join(late)}", "Look into the log of maintenance, then restart it.")
    failed = [f"{name} ({job.fault[:100]})" for name, job in found.items() if job.fault]
    if failed:
        return warn(f"failed last time: {', '.join(failed)}", "The next pass tries again; see its log.")
    return ok(f"running, {len(found)} jobs on time")


def platform_database() -> Found:
    """The platform's address leads to the same database, as a role that sees every organisation."""
    if PLATFORM not in settings.DATABASES:
        return warn("PLATFORM_DATABASE_URL is not set here", f"Operator commands need it. {_PLATFORM_ADVICE}")
    with global_scope(), connection.cursor() as cursor:
        cursor.execute(_SERVER)
        *ours, _ = cursor.fetchone()
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_SERVER)
        *theirs, role = cursor.fetchone()
        cursor.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (is_above,) = cursor.fetchone()
    if ours != theirs:
        return fail("leads to another database than DATABASE_URL", _PLATFORM_ADVICE)
    if not is_above:
        return fail(f"the role {role} sees no organisation", _PLATFORM_ADVICE)
    return ok(f"role {role}, the same database")


def disk() -> Found:
    """Room for what is written on this host: files, where no bucket has them, and the data folder."""
    folders = [settings.DATA_DIR] if settings.FILES_S3_BUCKET else [settings.FILES_DIR, settings.DATA_DIR]
    free, folder = min((shutil.disk_usage(_existing(each)).free, each) for each in folders)
    told = f"{megabytes(free)} free at {folder}"
    if free < _TOO_LITTLE:
        return fail(told, "Make room now: uploads and, soon, the database fail.")
    if free < _LITTLE:
        return warn(told, "Make room before uploads fail: delete what is not needed, or grow the disk.")
    return ok(told)


def clock() -> Found:
    """This host's clock, by which links and sessions end, and the database's, by which leases do, agree."""
    with global_scope(), connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (theirs,) = cursor.fetchone()
        off = theirs - (before + time.time()) / 2
    advice = "Set both hosts' clocks by NTP (timedatectl set-ntp true)."
    if abs(off) > _FAR_OFF_S:
        return fail(f"{off:+.0f} s between the database and this host", advice)
    if abs(off) > _OFF_S:
        return warn(f"{off:+.1f} s between the database and this host", advice)
    return ok("the database's and this host's agree")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
