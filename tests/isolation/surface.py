"""Every door of the application: URLs with their methods, sockets and tasks, found by enumeration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("get", "post", "put", "patch", "delete")
_PREFIXES = {"v1_file": "file-", "v1_store": "vs_", "v1_batch": "vsfb_"}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Door:
    """One URL pattern: its route, name, methods and the parameters that hold ids."""

    route: str
    name: str
    methods: tuple[str, ...]
    ids: tuple[str, ...]

    def path(self, ids: str) -> str:
        """The address with the same id in each place that takes one."""
        known = {"code": "no-such-code", "step": "organisation", "vendor": "openai_compatible"}
        text = _PARAMETER.sub(lambda m: _as_id(m[1], ids) or known.get(m[2], "x"), self.route)
        return "/" + text.replace("^.*$", "nowhere")


def _as_id(kind: str | None, ids: str) -> str:
    """The id as an address of this kind writes it; empty where the parameter is none."""
    if kind == "uuid":
        return ids
    return _PREFIXES[kind] + ids.replace("-", "") if kind in _PREFIXES else ""


def _methods(callback: Any) -> tuple[str, ...]:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view is None:
        return ("get", "post")
    return tuple(method for method in METHODS if hasattr(view, method))


def _walk(resolver: URLResolver, prefix: str = "") -> Iterator[Door]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, route)
        else:
            ids = tuple(name for kind, name in _PARAMETER.findall(route) if _as_id(kind, "0"))
            yield Door(route, pattern.name or "", _methods(pattern.callback), ids)


def doors() -> list[Door]:
    """Every URL pattern of the application."""
    return list(_walk(get_resolver()))


def sockets() -> list[str]:
    """The route of every WebSocket."""
    from apps.runs.routing import websocket_urlpatterns

    return [str(pattern.pattern) for pattern in websocket_urlpatterns]


def tasks() -> list[str]:
    """The name of every Celery task of the application."""
    from config.celery import app

    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if not name.startswith("celery."))
