"""A bucket that speaks S3's protocol: Amazon's, or any other by its endpoint.

botocore signs and does nothing else: requests leave through the egress client, to the endpoint's origin only.
Protocol: ListObjectsV2, GetObject; AWS Signature Version 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from apps.knowledge.connectors.base import (
    MOST_ITEMS,
    MOST_KEY_BYTES,
    BadSettingError,
    Changes,
    ConnectorError,
    Field,
    Item,
    ItemGoneError,
    Kind,
    Opening,
    Plain,
    Writable,
    folder_of,
)
from apps.knowledge.connectors.wire import Place, Wire, checked_address, origin_of
from apps.knowledge.parsing.errors import ParseError
from apps.knowledge.parsing.xmltree import parse_xml

if TYPE_CHECKING:
    from apps.knowledge.connectors.wire import Answer

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9\-]{1,40}")
_LISTING: Final = 8 * 1024 * 1024
_DEFAULT_REGION: Final = "us-east-1"
_REFUSALS: Final = {
    "InvalidAccessKeyId": "does not know this access key. Enter another one.",
    "SignatureDoesNotMatch": "does not accept the secret key. Enter it again; check the region too.",
    "AccessDenied": "does not let this access key list or read the bucket. It needs s3:ListBucket and "
    "s3:GetObject.",
    "NoSuchBucket": "has no bucket of this name.",
    "PermanentRedirect": "keeps this bucket elsewhere: enter its region's own endpoint.",
    "AuthorizationHeaderMalformed": "expects another region. Enter the bucket's region.",
}


class S3Connector(Plain):
    """The objects of one bucket below a prefix."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        self._bucket = settings["bucket"]
        self._prefix = settings["prefix"]
        self._address = f"{settings['endpoint']}/{self._bucket}"
        self._largest = opening.largest
        self._wire = Wire(Place(settings["endpoint"], opening.allowed))
        signer = Credentials(settings["access_key"], opening.secret) if settings["access_key"] else None
        self._signer = S3SigV4Auth(signer, "s3", settings["region"]) if signer else None

    def changes(self, cursor: str) -> Changes:
        """All objects; ETags tell what changed."""
        found: list[Item] = []
        for item in self._listed():
            if len(found) == MOST_ITEMS:
                note = f"Only the first {MOST_ITEMS} objects are followed; nothing is deleted meanwhile."
                return Changes(tuple(found), "", is_whole=False, note=note)
            found.append(item)
        return Changes(tuple(found), "")

    def fetch(self, item: Item, into: Writable) -> None:
        """GetObject, straight into the file."""
        url = f"{self._address}/{quote(item.key, safe='/~')}"
        answer = self._call(url, most=self._largest, into=into)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise ItemGoneError
        if answer.status != HTTPStatus.OK:
            raise self._refusal(answer)

    def _listed(self) -> Iterator[Item]:
        token = ""
        while True:
            root = self._page(token)
            namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
            for entry in root.iterfind(f"{namespace}Contents"):
                item = self._item({child.tag.removeprefix(namespace): child.text or "" for child in entry})
                if item is not None:
                    yield item
            token = root.findtext(f"{namespace}NextContinuationToken") or ""
            if root.findtext(f"{namespace}IsTruncated") != "true" or not token:
                return

    def _page(self, token: str) -> Element:
        query = {"list-type": "2", "max-keys": "1000", "prefix": self._prefix}
        if token:
            query["continuation-token"] = token
        answer = self._call(
            f"{self._address}?{urlencode(sorted(query.items()), quote_via=quote)}", most=_LISTING
        )
        if answer.status != HTTPStatus.OK:
            raise self._refusal(answer)
        try:
            return parse_xml(answer.body)
        except ParseError as error:
            raise ConnectorError(
                f"{self._wire.host} answered with something that is not S3's list. Check the endpoint.",
                retryable=False,
            ) from error

    def _item(self, entry: Mapping[str, str]) -> Item | None:
        """The object; None for the placeholder of a folder, and for a name that no row holds."""
        key = entry.get("Key", "")
        if not key or key.endswith("/") or "\x00" in key or len(key.encode()) > MOST_KEY_BYTES:
            return None
        tag = entry.get("ETag", "").strip('"')
        version = f"{tag}-{entry.get('Size', '')}-{entry.get('LastModified', '')}"
        link = f"s3://{self._bucket}/{key}"
        return Item(key, version[:200], key.rpartition("/")[2], link, folder_of(PurePosixPath(key)))

    def _call(self, url: str, *, most: int, into: Writable | None = None) -> Answer:
        request = AWSRequest(method="GET", url=url)
        if self._signer is not None:
            self._signer.add_auth(request)
        return self._wire.call("GET", url, headers=dict(request.headers.items()), most=most, into=into)

    def _refusal(self, answer: Answer) -> ConnectorError:
        """The error code in words, never what the host wrote beside it."""
        code = _code_of(answer.body)
        if code in _REFUSALS:
            return ConnectorError(f"{self._wire.host} {_REFUSALS[code]}", retryable=False)
        if answer.status == HTTPStatus.NOT_FOUND:
            return ConnectorError(f"{self._wire.host} {_REFUSALS['NoSuchBucket']}", retryable=False)
        if answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}:
            return ConnectorError(f"{self._wire.host} {_REFUSALS['AccessDenied']}", retryable=False)
        return ConnectorError(
            f"{self._wire.host} answered with status {answer.status}. Nothing was changed here.",
            retryable=True,
        )


def _code_of(body: bytes) -> str:
    try:
        root = parse_xml(body)
    except ParseError:
        return ""
    return next((child.text or "" for child in root if child.tag.rpartition("}")[2] == "Code"), "")


def _check(settings: Mapping[str, str]) -> dict[str, str]:
    region = settings.get("region", "").strip() or _DEFAULT_REGION
    if not _REGION.fullmatch(region):
        raise BadSettingError("region", "A region such as eu-central-1.")
    bucket = settings.get("bucket", "").strip()
    if not _BUCKET.fullmatch(bucket):
        raise BadSettingError("bucket", "The bucket's name: 3 to 63 small letters, digits, dots and hyphens.")
    access_key = settings.get("access_key", "").strip()
    if not (access_key.isascii() and access_key.isprintable() and len(access_key) <= 200):  # noqa: PLR2004 - far above any
        raise BadSettingError("access_key", "This is not an access key.")
    endpoint = settings.get("endpoint", "").strip() or f"https://s3.{region}.amazonaws.com"
    prefix = settings.get("prefix", "").lstrip("/")
    if len(prefix.encode()) > MOST_KEY_BYTES or "\x00" in prefix:
        raise BadSettingError("prefix", f"At most {MOST_KEY_BYTES} bytes.")
    return {
        "endpoint": checked_address("endpoint", endpoint),
        "region": region,
        "bucket": bucket,
        "prefix": prefix,
        "access_key": access_key,
    }


KIND: Final = Kind(
    slug="s3",
    label="S3 bucket",
    purpose="Objects of a bucket: Amazon S3, MinIO, Cloudflare R2, Ceph, any host of the S3 API.",
    fields=(
        Field("bucket", "Bucket", "Its name alone, without s3://.", required=True),
        Field("prefix", "Only below", "The beginning of the keys to follow, such as handbook/. Empty: all."),
        Field("region", "Region", "The bucket's region.", default=_DEFAULT_REGION),
        Field("endpoint", "Endpoint", "The host's address. Empty: Amazon's own of this region."),
        Field(
            "access_key",
            "Access key",
            "An access key that may do s3:ListBucket and s3:GetObject, and no more. "
            "Empty for a public bucket.",
        ),
        Field(
            "secret", "Secret key", "Stored sealed, used to sign, never sent and never shown.", secret=True
        ),
    ),
    check=_check,
    origin=lambda settings: origin_of(settings["endpoint"]),
    open=S3Connector,
    readers="S3 has no readers of single objects that could be mirrored: whoever may read the collection "
    "reads them all.",
)
