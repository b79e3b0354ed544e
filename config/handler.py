"""Django's ASGI handler without new threads per request; asgiref starts two for each."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import django
from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started  # noqa: TID251 - to drop Django's own receivers
from django.db import close_old_connections, reset_queries

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


class _Lent(Executor):
    """One thread for the sync parts of one request, taken from the idle ones at its first use."""

    def __init__(self, idle: list[ThreadPoolExecutor]) -> None:
        self._idle = idle
        self._thread: ThreadPoolExecutor | None = None

    def submit(self, function: Callable[..., R], /, *args: Any, **options: Any) -> Future[R]:
        """Run the function on this request's thread."""
        if self._thread is None:
            self._thread = (
                self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
            )
        return self._thread.submit(function, *args, **options)

    def give_back(self) -> None:
        """The request is over: its thread may serve another."""
        if self._thread is not None:
            self._idle.append(self._thread)
            self._thread = None


class Handler(ASGIHandler):
    """Sync views run on as many threads as ever were busy at once; a stream that only waits holds none."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one HTTP request."""
        lent = _Lent(self._idle)
        try:
            async with ThreadSensitiveContext(executor=lent):
                await self.handle(scope, receive, send)
        finally:
            lent.give_back()


def application() -> Handler:
    """The handler; connections are closed when a request ends, so its start has nothing to tidy."""
    django.setup(set_prefix=False)
    for receiver in (close_old_connections, reset_queries):
        request_started.disconnect(receiver)
    return Handler()
