"""How a worker takes a task that waits for nothing: where its message comes in, without a thread of the pool.

Source: `Task.Strategy` of Celery 5 (celery.worker.strategy), which it names for each task.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


def at_once(task: Any, app: Any, consumer: Any, **_: Any) -> Callable[..., None]:
    """A handler of messages that calls the task's function on the consumer's thread.

    A hint that fails is logged and gone, as one whose task raises: the run stays queued in its row.
    """

    def handle(message: Any, body: Any, ack: Callable[..., object], *_: Any, **__: Any) -> None:
        ack(logger, consumer.connection_errors)
        try:
            arguments, options, _embedded = message.payload
            task.run(*arguments, **options)
        except Exception:
            logger.exception("A hint of %s could not be followed.", task.name)

    return handle
