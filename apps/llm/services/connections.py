"""Connections: where they lead is checked before it is stored, keys go in and never come out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.llm.clearances.services import clearance_forget
from apps.llm.clearances.services import snapshot as clearance_snapshot
from apps.llm.endpoints import KEY_FIELD, OWN_VENDORS, Address, BadAddressError, address_of
from apps.llm.models import AllowedHost, Connection, ConnectionHealth
from apps.llm.vendors.registry import VENDORS
from apps.tenants.models import Tenant
from apps.tenants.scope import current_tenant_id
from apps.vault import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.accounts.actors import Actor
    from apps.llm.vendors.interface import Vendor

_PLACEHOLDER = re.compile(r"[A-Z]{3}")


def connection_create(
    *,
    actor: Actor | None,
    vendor: str,
    name: str,
    base_url: str = "",
    key: str = "",
    settings: Mapping[str, str] | None = None,
) -> Connection:
    """Store a connection to a host of `vendor`; its key is sealed for that host alone.

    Raises ValidationError by field: an unknown or retired vendor, a name that is taken, an address that can
    not be used or is private and not allowed by the operator, a missing value that the vendor asks for.
    """
    spec = _vendor(vendor)
    if spec.info.retired:
        raise ValidationError({"vendor": f"{spec.info.retired} Nothing was saved."})
    base_url = base_url.strip() or default_address(spec)
    key = _one_line(key)
    connection = Connection(
        name=name.strip(), vendor=vendor, settings=_checked_settings(spec, settings or {})
    )
    _check_name(connection)
    _check_required(spec, base_url=base_url, has_key=bool(key))
    _set_address(connection, base_url)
    _set_key(connection, key)
    connection.save()
    _record(actor, "connection.created", connection, after=snapshot(connection))
    return connection


def connection_update(
    *,
    actor: Actor | None,
    connection: Connection,
    changes: Mapping[str, Any],
) -> Connection:
    """Change name, base_url, settings, is_enabled, and replace the key where `key` is not empty.

    A new host needs its key again: the old one was given for the old host and is never sent elsewhere. So is
    what was set of its clearance. What was known of its health is forgotten with any change but of its name.
    Raises ValidationError as `connection_create` does.
    """
    _refuse_own(connection)
    spec, before, led_to = _vendor(connection.vendor), snapshot(connection), _leads_to(connection)
    key = _one_line(str(changes.get("key", "")))
    connection.name = str(changes.get("name", connection.name)).strip()
    connection.is_enabled = bool(changes.get("is_enabled", connection.is_enabled))
    if "settings" in changes:
        connection.settings = _checked_settings(spec, changes["settings"])
    _check_name(connection)
    base_url = str(changes.get("base_url", connection.base_url)).strip()
    _check_required(spec, base_url=base_url, has_key=bool(key) or connection.has_key)
    if base_url != connection.base_url:
        _set_address(connection, base_url)
        if connection.has_key and not key and address_of(base_url).origin != connection.key_origin:
            raise ValidationError(
                {"key": "The host has changed: enter its key. The old key stays with the old host."}
            )
    if key:
        _set_key(connection, key)
    if _leads_to(connection) != led_to:
        clearance_forget(connection)
    connection.save()
    after = snapshot(connection) | ({"key": "replaced"} if key else {})
    if after != before | {"name": connection.name}:
        ConnectionHealth.objects.filter(connection=connection).delete()
    _record(actor, "connection.updated", connection, before=before, after=after)
    return connection


def connection_delete(*, actor: Actor | None, connection: Connection) -> None:
    """Remove a connection with its key, models and grants. The ledger keeps their names."""
    _refuse_own(connection)
    before = snapshot(connection) | {"models": sorted(connection.models.values_list("slug", flat=True))}
    _record(actor, "connection.deleted", connection, before=before)
    connection.delete()


def _leads_to(connection: Connection) -> tuple[Any, ...]:
    """Where the text of its calls ends up."""
    settings = connection.settings
    return connection.host, connection.port, settings.get("region"), settings.get("location")


def snapshot(connection: Connection) -> dict[str, Any]:
    """What the audit log keeps of a connection: everything but the key."""
    return {
        "name": connection.name,
        "vendor": connection.vendor,
        "base_url": connection.base_url,
        "settings": connection.settings,
        "key_last4": connection.key_last4,
        "is_enabled": connection.is_enabled,
        "clearance": clearance_snapshot(connection),
    }


def _vendor(slug: str) -> Vendor:
    if slug not in VENDORS or slug in OWN_VENDORS:
        raise ValidationError({"vendor": "This provider is not known. Choose one from the list."})
    return VENDORS[slug]


def _refuse_own(connection: Connection) -> None:
    if connection.vendor in OWN_VENDORS:
        raise ValidationError(
            "This connection is part of the installation and can not be changed. "
            "Its models can be switched off."
        )


def default_address(vendor: Vendor) -> str:
    """The base URL that the vendor's hosts share; empty where each customer has one (RESOURCE, WORKSPACE)."""
    default = next((field.default for field in vendor.fields if field.name == "base_url"), "")
    return "" if _PLACEHOLDER.search(default) else default


def _check_name(connection: Connection) -> None:
    if not connection.name:
        raise ValidationError({"name": "Enter a name, such as the provider's."})
    if len(connection.name) > 100:  # noqa: PLR2004 - the column's length
        raise ValidationError({"name": "The name is too long: at most 100 characters."})
    if Connection.objects.filter(name=connection.name).exclude(pk=connection.pk).exists():
        raise ValidationError({"name": "There is a connection of this name. Choose another name."})


def _check_required(vendor: Vendor, *, base_url: str, has_key: bool) -> None:
    for field in vendor.fields:
        given = has_key if field.secret else bool(base_url)
        if field.required and not given and (field.secret or field.name == "base_url"):
            name = "key" if field.secret else "base_url"
            raise ValidationError({name: f"{field.label} is missing."})


def _checked_settings(vendor: Vendor, given: Mapping[str, Any]) -> dict[str, str]:
    """The vendor's own fields out of what was given; raises ValidationError by field."""
    values: dict[str, str] = {}
    for field in plain_fields(vendor):
        value = str(given.get(field.name, field.default) or "").strip()
        if field.required and not value:
            raise ValidationError({field.name: f"{field.label} is missing."})
        if field.choices and value and value not in dict(field.choices):
            raise ValidationError({field.name: f"{field.label}: choose one from the list."})
        if len(value) > 500:  # noqa: PLR2004 - far above any host's setting
            raise ValidationError({field.name: f"{field.label} is too long: at most 500 characters."})
        values[field.name] = value
    return values


def plain_fields(vendor: Vendor) -> list[Any]:
    """The vendor's fields besides address and key."""
    return [field for field in vendor.fields if not field.secret and field.name != "base_url"]


def _set_address(connection: Connection, base_url: str) -> None:
    if not base_url:
        connection.base_url, connection.host, connection.port = "", "", 0
        return
    try:
        address = address_of(base_url)
    except BadAddressError as error:
        raise ValidationError({"base_url": str(error)}) from error
    if address.is_private and not _is_allowed(address):
        raise ValidationError({"base_url": _refusal(address)})
    connection.base_url, connection.host, connection.port = address.url, address.host, address.port


def _is_allowed(address: Address) -> bool:
    return AllowedHost.objects.filter(host=address.host, port=address.port).exists()


def _refusal(address: Address) -> str:
    if not address.may_be_allowed:
        return (
            f"{address.host} is a metadata, link-local or multicast address: it is never connected to. "
            "Nothing was saved. Enter the address of the model's own server."
        )
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=current_tenant_id())
    return (
        f"{address.host}:{address.port} is not a public address, so it is refused. Nothing was saved. Ask "
        "the operator of this installation to allow it for your organisation: "
        f"bin/manage allow_host --tenant {slug} --host {address.host} --port {address.port}"
    )


def _one_line(key: str) -> str:
    """A service account's JSON without the line breaks between its members; any other key trimmed."""
    key = key.strip()
    try:
        return json.dumps(json.loads(key)) if key.startswith("{") else key
    except ValueError:
        return key


def _set_key(connection: Connection, key: str) -> None:
    """Seal the key for the connection's present host; an empty one removes nothing."""
    if not key:
        return
    if len(key) > 10_000 or not key.isprintable() or not key.isascii():  # noqa: PLR2004 - far above any key
        raise ValidationError({"key": "This is not a key: it holds line breaks or unusual characters."})
    address = address_of(connection.base_url)
    if address.scheme == "http" and not _is_allowed(address):
        raise ValidationError(
            {"base_url": "Use https://. Over http:// the key could be read on its way. Nothing was saved."}
        )
    connection.sealed_key = seal(key, tenant_id=current_tenant_id(), field=KEY_FIELD)
    connection.key_last4 = key[-4:] if len(key) >= 12 else ""  # noqa: PLR2004 - four of a short key tell too much
    connection.key_origin = address.origin


def _record(
    actor: Actor | None,
    action: str,
    connection: Connection,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        actor=actor,
        action=action,
        target_type="connection",
        target_id=connection.pk,
        before=before,
        after=after,
    )
