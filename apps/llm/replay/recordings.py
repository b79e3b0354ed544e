"""Recordings of VCR.py, Ruby's VCR and go-vcr, YAML or JSON, also gzipped: requests and answers, decoded."""

import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has none
import orjson
import yaml

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class UnreadableError(ValueError):
    """The file is no recording, or a part of it no exchange; the message says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; header names are in lower case, bodies plain bytes."""

    method: str
    url: str
    request_body: bytes = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def asked(self) -> dict[str, Any]:
        """The request's JSON object, empty where it was none."""
        try:
            value = orjson.loads(self.request_body)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}


class _RecordingLoader(_Loader):  # type: ignore[misc]  # one of two classes, by what is installed
    """Safe: makes plain values only, also of tags that Ruby writes."""


def _binary(loader: Any, node: Any) -> bytes:
    found: bytes = loader.construct_yaml_binary(node)
    return found


def _plain(loader: Any, suffix: str, node: Any) -> Any:
    del suffix
    match node:
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_RecordingLoader.add_constructor("!binary", _binary)
_RecordingLoader.add_multi_constructor("!", _plain)


def exchanges_of(path: Path) -> list[Exchange | UnreadableError]:
    """The exchanges in the file's order, an error in the place of what is none; raises UnreadableError."""
    try:
        document = yaml.load(_decoded(path.read_bytes(), ""), Loader=_RecordingLoader)  # noqa: S506 - a safe one
    except OSError as failed:
        raise UnreadableError(f"{path} cannot be opened: {failed.strerror}.") from failed
    except (yaml.YAMLError, ValueError, RecursionError) as failed:
        raise UnreadableError(f"{path} is no YAML or JSON{_place(failed)}.") from failed
    found = document if isinstance(document, dict) else {}
    items = found.get("interactions", found.get("http_interactions"))
    if not isinstance(items, list):
        raise UnreadableError(f"{path} holds neither `interactions` nor `http_interactions`.")
    return [_read(path, index, item) for index, item in enumerate(items)]


def _place(failed: Exception) -> str:
    mark = getattr(failed, "problem_mark", None)
    return f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _read(path: Path, index: int, item: object) -> Exchange | UnreadableError:
    if not _is_exchange(item):
        return UnreadableError(f"{path} has no request and response at {index}.")
    assert isinstance(item, dict)  # noqa: S101 - for the type checker
    try:
        return _exchange(item["request"], item["response"])
    except (TypeError, ValueError, AttributeError) as failed:
        return UnreadableError(f"{path} has an exchange at {index} that cannot be read: {failed}")


def _is_exchange(item: object) -> bool:
    return isinstance(item, dict) and all(
        isinstance(item.get(part), dict) for part in ("request", "response")
    )


def _exchange(request: Mapping[str, Any], response: Mapping[str, Any]) -> Exchange:
    headers = _headers(response.get("headers"))
    status = response.get("code") or response.get("status", 200)
    code = status.get("code", 200) if isinstance(status, dict) else status
    return Exchange(
        str(request.get("method", "GET")).upper(),
        str(request.get("uri", request.get("url", ""))),
        _decoded(_body(request), _headers(request.get("headers")).get("content-encoding", "")),
        int(str(code or 200).split()[0]),
        headers,
        _decoded(_body(response), headers.get("content-encoding", "")),
    )


def _headers(raw: object) -> dict[str, str]:
    """Of a header that stands several times, the first."""
    if not isinstance(raw, dict):
        return {}
    firsts = {name: value[0] if isinstance(value, list) and value else value for name, value in raw.items()}
    return {str(name).lower(): str(value) for name, value in firsts.items() if value is not None}


def _body(part: Mapping[str, Any]) -> bytes:
    if part.get("parsed_body") is not None:
        return orjson.dumps(part["parsed_body"])
    raw = part.get("body")
    if isinstance(raw, dict):
        if raw.get("base64_string"):
            return b64decode(raw["base64_string"])
        raw = raw.get("string", raw.get("content"))
    if raw is None:
        return b""
    if isinstance(raw, dict | list):
        return orjson.dumps(raw)
    return raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "surrogatepass")


def _inflated(body: bytes) -> bytes:
    """Of a body that was cut, as much as there is."""
    return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body)


def _decoded(body: bytes, encoding: str) -> bytes:
    """Plain bytes; recorders often keep the header but decode the body, so a failure means plain already."""
    if body.startswith(_GZIP):
        encoding = "gzip"
    decoders: dict[str, Callable[[bytes], bytes]] = {
        "gzip": _inflated,
        "br": brotli.decompress,
        "deflate": _inflated,
    }
    decode = decoders.get(encoding.strip().lower())
    if decode is None or not body:
        return body
    try:
        return decode(body)
    except (zlib.error, brotli.error):
        return body
