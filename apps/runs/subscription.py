"""One subscription to channels, kept for ever: reconnects by itself and notices a Redis that fell silent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from apps.runs.live import FAULTS, connect_listening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redis.asyncio.client import PubSub

logger = logging.getLogger(__name__)

PING_S: Final = 5.0
SILENT_S: Final = 12.0
RECONNECT_S: Final = 0.25


class Subscription:
    """`take(data)` for each message; `joined()` and `left()` when the channels are there or away."""

    def __init__(
        self,
        channels: Sequence[str],
        take: Callable[[bytes], None],
        *,
        joined: Callable[[], None] = lambda: None,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        self._channels = channels
        self._take = take
        self._joined = joined
        self._left = left
        self._heard_at = 0.0

    async def keep(self) -> None:
        """Listen; never returns."""
        while True:
            redis = connect_listening()
            try:
                async with redis.pubsub() as pubsub:
                    await self._listen(pubsub)
            except FAULTS as error:
                logger.warning("%s and its like are away: %s.", self._channels[0], type(error).__name__)
            finally:
                self._left()
                await redis.aclose()
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(*self._channels)
        watch = asyncio.create_task(self._watch(pubsub))
        loop, take = asyncio.get_running_loop(), self._take
        self._heard_at = loop.time()
        try:
            while True:
                reply = await pubsub.parse_response(block=True)
                self._heard_at = loop.time()
                if reply[0] == b"message":
                    take(reply[2])
                elif reply[0] == b"subscribe" and reply[2] == len(self._channels):
                    self._joined()
        finally:
            watch.cancel()

    async def _watch(self, pubsub: PubSub) -> None:
        """Ask for a sign of life; without one, break the connection, so that the listener begins anew."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_S)
            connection: Any = pubsub.connection
            if loop.time() - self._heard_at > SILENT_S and connection is not None:
                await connection.disconnect()
                return
            try:
                await pubsub.ping()
            except FAULTS:
                return
