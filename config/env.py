"""The process's environment, read once and checked: the only module that looks at it."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from apps.egress.environment import UncleanEnvironmentError, assert_clean_environment


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks, or the default."""
    return os.environ.get(name, default).strip()


def required(name: str, *, least: int = 1) -> str:
    """The variable's value; raises ImproperlyConfigured where it is missing, short or a placeholder."""
    value = text(name)
    if len(value) < least or value.lower().startswith(
        ("changeme", "change-me", "insecure", "placeholder", "secret")
    ):
        raise ImproperlyConfigured(
            f"{name} is missing, too short or a placeholder: set it to at least {least} random characters. "
            "`bin/up` makes one by itself."
        )
    return value


def number(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = text(name)
    if not value:
        return default
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def flag(name: str, *, default: bool = False) -> bool:
    """The variable as yes or no: 1, true, yes, on."""
    value = text(name).lower()
    return value in {"1", "true", "yes", "on"} if value else default


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, separated by commas."""
    return [word for word in (part.strip() for part in text(name, default).split(",")) if word]


def database(address: str, **options: Any) -> dict[str, Any]:
    """Django's settings for a postgresql:// address."""
    parts = urlsplit(address)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("A database address begins with postgresql://.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "apps.tenants.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"options": "-c timezone=UTC", **query, **options},
        "TEST": {"MIRROR": None},
    }


def refuse_vendor_variables() -> None:
    """Raise ImproperlyConfigured for variables that a vendor's SDK would pass to a tenant's host."""
    try:
        assert_clean_environment(os.environ)
    except UncleanEnvironmentError as error:
        raise ImproperlyConfigured(str(error)) from error
