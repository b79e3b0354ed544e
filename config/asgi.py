"""The web process: static files, pages and REST, and the run socket."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.headers import Headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # noqa: TID251 - before settings are read

from config.handler import application as django_application

pages = django_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - needs the apps loaded
from django.contrib.staticfiles.finders import get_finders  # noqa: E402 - as above
from servestatic import ServeStaticASGI  # noqa: E402 - as above

from apps.api.openai.door import CompletionsDoor  # noqa: E402 - as above
from apps.chat.api.door import MessageDoor  # noqa: E402 - as above
from apps.files.asgi import BodyLimit  # noqa: E402 - as above
from apps.rest.asgi import RequestIds  # noqa: E402 - as above
from apps.runs.engine.collector import calm_collector  # noqa: E402 - as above
from apps.runs.routing import websocket_urlpatterns  # noqa: E402 - as above
from apps.tenants.scope import global_scope, scoped_connection  # noqa: E402 - as above
from config import env, urls  # noqa: E402, F401 - as above; urls loads every page before the first request
from config.middleware import file_headers, security_headers  # noqa: E402 - as above


def _is_hashed(path: str, url: str) -> bool:
    return url.startswith("/static/dist/assets/")


def _protect_file(headers: "Headers", path: str, url: str) -> None:
    for name, value in file_headers().items():
        headers[name] = value


def _with_static(application: object) -> ServeStaticASGI:
    """Serve /static/ from where the files lie; only what the build names by its hash is kept for ever."""
    served = ServeStaticASGI(
        application,
        max_age=300,
        immutable_file_test=_is_hashed,
        allow_all_origins=False,
        add_headers_function=_protect_file,
    )
    for finder in get_finders():
        for storage in getattr(finder, "storages", {}).values():
            prefix = getattr(storage, "prefix", "")
            served.add_files(storage.location, prefix=f"static/{prefix}".rstrip("/") + "/")
    return served


def _refuse_unsafe_role() -> None:
    with global_scope():
        connection = scoped_connection()
        connection.ensure_connection()
        connection.close()


env.refuse_vendor_variables()
_refuse_unsafe_role()
doors = MessageDoor(CompletionsDoor(BodyLimit(pages), security_headers()), security_headers())
application = _with_static(
    ProtocolTypeRouter({"http": RequestIds(doors), "websocket": URLRouter(websocket_urlpatterns)})
)
calm_collector()
