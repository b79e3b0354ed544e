"""A whole answer in one call, for everything that does not stream."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from apps.egress.decoding import ACCEPTED
from apps.egress.errors import EgressFailed
from apps.egress.sessions import DEFAULT_LIMITS, Limits, Session

TOTAL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A complete answer: status, headers, plain body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def fetch(
    session: Session,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limits: Limits = DEFAULT_LIMITS,
    total: float = TOTAL_SECONDS,
) -> Fetched:
    """GET `url`, or POST it when there is a body; all within `total` seconds.

    Raises EgressRefused and EgressFailed; any status is an answer, redirects are not followed.
    """
    method = "GET" if body is None else "POST"
    try:
        async with asyncio.timeout(total):
            answer = await session.open(
                method,
                url,
                headers={"Accept-Encoding": ACCEPTED, **(headers or {})},
                body=body,
                limits=limits,
            )
            return Fetched(answer.status, answer.headers, await answer.read())
    except TimeoutError as error:
        raise EgressFailed("timeout") from error
