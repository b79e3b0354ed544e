"""Embeddings in OpenAI's shape: the body, and vectors from floats or base64."""

import math
import sys
from array import array
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

import orjson

from apps.llm.vendors.base import EmbeddingRequest, EmbeddingResult, ErrorKind
from apps.llm.vendors.errors import error
from apps.llm.vendors.usage import usage_of

UNSIZED = "This provider gives vectors in the length of the model only. Leave out the number of dimensions."


def embedding_body(
    request: EmbeddingRequest, form: str = "base64", purpose_field: str = "", *, shortens: bool = True
) -> bytes:
    """The body of a call; base64 is a quarter of the bytes, and a host may answer floats all the same."""
    body: dict[str, Any] = {
        "model": request.model,
        "input": list(request.texts),
        "encoding_format": form,
    }
    if request.dimensions is not None and shortens:
        body["dimensions"] = request.dimensions
    if purpose_field:
        body[purpose_field] = request.purpose
    return orjson.dumps(body)


def embedding_result(answer: object, request: EmbeddingRequest, *, shortens: bool = True) -> EmbeddingResult:
    """Vectors by index; raises VendorError (protocol) unless there is one finite vector for each text.

    From a host that does not shorten vectors, those of another length than was asked for are a bad request.
    """
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no data in the answer")
    try:
        ordered = sorted(rows, key=lambda row: int(row.get("index", 0)))
        vectors = [_vector(row["embedding"]) for row in ordered]
    except (KeyError, TypeError, ValueError, AttributeError, Base64Error):
        raise error(ErrorKind.PROTOCOL, detail="a vector cannot be read") from None
    assert_fits(vectors, request)
    if not shortens and request.dimensions not in {None, *map(len, vectors)}:
        raise error(ErrorKind.BAD_REQUEST, message=UNSIZED)
    usage = answer.get("usage")
    return EmbeddingResult(
        vectors,
        usage_of(usage) if isinstance(usage, dict) else None,
        str(answer.get("model") or request.model),
    )


def _vector(raw: object) -> list[float]:
    """Floats as they are, or little-endian float32 in base64."""
    if isinstance(raw, str):
        values = array("f", b64decode(raw, validate=True))
        if sys.byteorder == "big":
            values.byteswap()
        return values.tolist()
    if isinstance(raw, list):
        return [float(value) for value in raw]
    raise TypeError


def assert_fits(vectors: list[list[float]], request: EmbeddingRequest) -> None:
    """Raise VendorError (protocol) unless there is one finite vector for each text, all of one length."""
    if len(vectors) != len(request.texts):
        detail = f"{len(vectors)} vectors for {len(request.texts)} texts"
        raise error(ErrorKind.PROTOCOL, detail=detail)
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1 or 0 in lengths:
        raise error(ErrorKind.PROTOCOL, detail="vectors of different lengths")
    if not all(math.isfinite(value) for vector in vectors for value in vector):
        raise error(ErrorKind.PROTOCOL, detail="a vector is not finite")
