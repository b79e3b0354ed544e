"""Pictures through the gateway."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apps.llm.gateway.calls import ImageCall
from apps.llm.gateway.estimate import believed
from apps.llm.gateway.loading import open_images
from apps.llm.gateway.whole import Used, Way, answer
from apps.llm.vendors.base import ImageRequest, ImageResult

if TYPE_CHECKING:
    from apps.llm.gateway.loading import OpenWhole


async def generate_images(call: ImageCall) -> ImageResult:
    """The pictures that were made, as bytes: fewer than asked for where a host failed after the first.

    Raises as `whole.answer` does. The ledger's row counts the pictures. Where the host counts no tokens and
    no price of a picture is known, the cost stays unknown.
    """
    return await answer(call, _WAY)


async def _send(opened: OpenWhole[ImageRequest]) -> ImageResult:
    made = await opened.target.vendor.generate_images(opened.target.endpoint, opened.request)
    return replace(made, usage=believed(made.usage))


def _used(result: ImageResult) -> Used:
    return Used(result.usage, len(result.images))


_WAY: Final = Way(open_images, _send, _used)
