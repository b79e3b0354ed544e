"""Bytes in a bucket that speaks S3's protocol, the operator's own (settings.FILES_S3_*)."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

PART = 256 * 1024
_IN_MEMORY = 8 * 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the bytes lie; an empty endpoint is Amazon's own."""

    name: str
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


class S3Storage:
    """Objects of one bucket; see base.Storage. Times out after seconds, tries at most twice."""

    is_remote: ClassVar = True

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket.name
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=bucket.endpoint or None,
            region_name=bucket.region or "us-east-1",
            aws_access_key_id=bucket.access_key or None,
            aws_secret_access_key=bucket.secret_key or None,
            config=Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2}),
        )

    def save(self, key: str, parts: Iterable[bytes]) -> None:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as whole:
            for part in parts:
                whole.write(part)
            whole.seek(0)
            self._client.put_object(Bucket=self._bucket, Key=key, Body=whole)

    def open(self, key: str) -> BinaryIO:
        body: BinaryIO = self._get(key)["Body"]
        return body

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(prefix="atrium-") as file:
            with self.open(key) as body:
                shutil.copyfileobj(body, file, PART)
            file.flush()
            yield Path(file.name)

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                yield item["Key"], item["LastModified"]

    def _get(self, key: str) -> Any:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                raise FileNotFoundError(key) from error
            raise
