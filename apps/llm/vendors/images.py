"""Image generation in OpenAI's shape (platform.openai.com/docs/api-reference/images/create)."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from apps.llm.vendors.base import ErrorKind, ImagePart, ImageRequest, ImageResult
from apps.llm.vendors.errors import error
from apps.llm.vendors.ratios import nearest_ratio, sides_of
from apps.llm.vendors.usage import usage_of

_ALWAYS_BASE64 = ("gpt-image", "chatgpt-image")
_RESERVED = frozenset({"model", "prompt", "n", "stream", "response_format"})
_BEGINNINGS = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_RIFF, _WEBP = b"RIFF", b"WEBP"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where hosts differ in what they want to know of a picture.

    `path` is where they are asked, `encoding` their word for base64, empty where it comes unasked. The size
    goes out as it is, as two sides, or as the nearest of `ratios`, which models of `sizeless` do not take
    either. `lacks` are options that are not sent.
    """

    encoding: str = "b64_json"
    path: str = "images/generations"
    sizes: Literal["size", "sides", "ratio"] = "size"
    ratios: tuple[str, ...] = ()
    sizeless: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()


PICTURES = Pictures()


def image_body(request: ImageRequest, pictures: Pictures = PICTURES) -> bytes:
    """The body of a call; the picture itself is asked for, since an address would lead to another host."""
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt, "n": request.count}
    body |= _size(request, pictures)
    if pictures.encoding and not request.model.rsplit("/", 1)[-1].startswith(_ALWAYS_BASE64):
        body["response_format"] = pictures.encoding
    unwanted = _RESERVED | pictures.lacks
    body |= {name: value for name, value in request.extra.items() if name not in unwanted}
    return orjson.dumps(body, default=dict)


def _size(request: ImageRequest, pictures: Pictures) -> dict[str, Any]:
    if not request.size or request.model.startswith(pictures.sizeless):
        return {}
    if pictures.sizes == "sides":
        width, height = sides_of(request.size)
        return {"width": width, "height": height}
    if pictures.sizes == "ratio":
        return {"aspect_ratio": nearest_ratio(request.size, pictures.ratios)}
    return {"size": request.size}


def image_result(answer: object) -> ImageResult:
    """The pictures in the host's order; raises VendorError (protocol) when there is none in the answer."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(rows, list) or not rows:
        raise error(ErrorKind.PROTOCOL, detail="no pictures in the answer")
    encoded = [row.get("b64_json") if isinstance(row, dict) else None for row in rows]
    usage = answer.get("usage")
    return ImageResult(
        tuple(picture_of(text) for text in encoded), usage_of(usage) if isinstance(usage, dict) else None
    )


def picture_of(encoded: object) -> ImagePart:
    """A picture from base64, its type told by its first bytes; raises VendorError (protocol)."""
    if not isinstance(encoded, str):
        raise error(ErrorKind.PROTOCOL, detail="the host sent no picture, perhaps an address")
    try:
        data = b64decode(encoded.partition("base64,")[2] or encoded, validate=True)
    except (Base64Error, ValueError):
        raise error(ErrorKind.PROTOCOL, detail="a picture is not base64") from None
    return ImagePart(_media_type(data), data)


def _media_type(data: bytes) -> str:
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data[:4] == _RIFF and data[8:12] == _WEBP:
        return "image/webp"
    raise error(ErrorKind.PROTOCOL, detail="the bytes are of no known picture")
