"""Stability AI: pictures by POST /v2beta/stable-image/generate (platform.stability.ai/docs/api-reference)."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from secrets import token_hex

import orjson

from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    ErrorKind,
    ImagePart,
    ImageRequest,
    ImageResult,
    ListedModel,
    Modality,
    VendorError,
)
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import PICTURE_TOTAL_SECONDS, Call, base_of, fetch_call, key_of
from apps.llm.vendors.images import picture_of
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo
from apps.llm.vendors.openai_compatible import KEY_FIELD
from apps.llm.vendors.ratios import nearest_ratio

MODELS = ("ultra", "core", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash")
RATIOS = ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
_OWN_PATHS = frozenset({"ultra", "core"})
_RESERVED = frozenset({"prompt", "model", "output_format", "aspect_ratio"})
_NO_CHAT = "This provider paints pictures and does not chat. Nothing was sent. Choose another model."
_FILTERED = "CONTENT_FILTERED"


@dataclass(frozen=True)
class Stability(Vendor):
    """Pictures only, one for each call. The host lists no models: the documented ones are named here."""

    slug: str
    label: str
    base_url: str
    key_page: str
    info: VendorInfo
    modalities: frozenset[Modality] = frozenset({Modality.IMAGE})

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        base = Field("base_url", "Base URL", kind="url", required=True, default=self.base_url)
        return (base, Field(KEY_FIELD.name, KEY_FIELD.label, KEY_FIELD.help, required=True, secret=True))

    async def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Raises VendorError (bad request): there is no chat here."""
        del endpoint, request, timeouts
        nothing: tuple[Delta, ...] = ()
        for delta in nothing:
            yield delta
        raise error(ErrorKind.BAD_REQUEST, message=_NO_CHAT, detail="pictures only")

    async def generate_images(self, endpoint: Endpoint, request: ImageRequest) -> ImageResult:
        """Pictures, one call after the other; raises VendorError, also when filtered.

        What fails after the first picture ends with those that were made, since they are paid for.
        """
        made: list[ImagePart] = []
        for _ in range(request.count):
            try:
                made.append(await self._one(endpoint, request))
            except VendorError:
                if not made:
                    raise
                break
        return ImageResult(tuple(made))

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The documented models, once the host takes the key."""
        await self.check(endpoint)
        return [ListedModel(name, Modality.IMAGE) for name in MODELS]

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the account's balance (GET /v1/user/balance)."""
        await fetch_call(endpoint, Call(f"{_host(endpoint)}/v1/user/balance", _headers(endpoint)))

    async def _one(self, endpoint: Endpoint, request: ImageRequest) -> ImagePart:
        path = request.model if request.model in _OWN_PATHS else "sd3"
        boundary = token_hex(16)
        headers = _headers(endpoint) | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        url = f"{_host(endpoint)}/v2beta/stable-image/generate/{path}"
        call = Call(url, headers, multipart(_form(request, path), boundary))
        return _picture(await _fetched(endpoint, call))


def multipart(form: dict[str, str], boundary: str) -> bytes:
    """Text fields as multipart/form-data (RFC 7578)."""
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    return ("".join(lines) + f"--{boundary}--\r\n").encode()


def _form(request: ImageRequest, path: str) -> dict[str, str]:
    form = {"prompt": request.prompt, "output_format": "png"}
    if request.size:
        form["aspect_ratio"] = nearest_ratio(request.size, RATIOS)
    if path == "sd3":
        form["model"] = request.model
    more = {
        name: str(value) for name, value in request.extra.items() if name.isidentifier() and name not in form
    }
    return form | {name: value for name, value in more.items() if name not in _RESERVED}


async def _fetched(endpoint: Endpoint, call: Call) -> bytes:
    """The answer's body; a status of 403 is this host's word for moderation, a wrong key is 401."""
    try:
        return (await fetch_call(endpoint, call, PICTURE_TOTAL_SECONDS)).body
    except VendorError as refused:
        if refused.detail.startswith("HTTP 403"):
            raise error(ErrorKind.CONTENT_FILTER, detail=refused.detail) from None
        raise


def _picture(body: bytes) -> ImagePart:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise error(ErrorKind.PROTOCOL, detail="the answer is not JSON") from None
    facts = answer if isinstance(answer, dict) else {}
    if facts.get("finish_reason") == _FILTERED:
        raise error(ErrorKind.CONTENT_FILTER, detail="the host blurred the picture")
    return picture_of(facts.get("image"))


def _host(endpoint: Endpoint) -> str:
    return base_of(endpoint, "/stable-image/generate", "/v2beta", "/v1")


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Accept": "application/json", "Authorization": f"Bearer {key_of(endpoint)}"}
