"""Image generation in OpenAI's shape (platform.openai.com/docs/api-reference/images/create)."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

import orjson

from apps.llm.vendors.base import ErrorKind, ImagePart, ImageRequest, ImageResult
from apps.llm.vendors.errors import error
from apps.llm.vendors.usage import usage_of

_ALWAYS_BASE64 = ("gpt-image", "chatgpt-image")
_RESERVED = frozenset({"model", "prompt", "n", "stream", "response_format"})
_BEGINNINGS = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_RIFF, _WEBP = b"RIFF", b"WEBP"


def image_body(request: ImageRequest, encoding: str = "b64_json") -> bytes:
    """The body of a call; the picture itself is asked for, since an address would lead to another host."""
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt, "n": request.count}
    if request.size:
        body["size"] = request.size
    if not request.model.rsplit("/", 1)[-1].startswith(_ALWAYS_BASE64):
        body["response_format"] = encoding
    body |= {name: value for name, value in request.extra.items() if name not in _RESERVED}
    return orjson.dumps(body, default=dict)


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
