"""Idempotency keys: a repeated write gets the first answer; the same key with another body is refused."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, OperationalError, transaction
from rest_framework.response import Response

from apps.accounts.models import IdempotencyKey
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    from apps.accounts.actors import Actor

HEADER = "Idempotency-Key"
_MAX = 200


def _hash(request: Request) -> str:
    plain = json.dumps(request.data, sort_keys=True, default=_named)
    return hashlib.sha256(plain.encode()).hexdigest()


def _named(value: Any) -> str:
    """What the body's hash takes for a value that JSON has no word for; of a file also its bytes."""
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for part in value.chunks():
        digest.update(part)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def repeated_or_run(actor: Actor, request: Request, run: Callable[[], Response]) -> Response:
    """The first answer for this person and key, or what `run` answers now; without the header just run.

    Raises 422 for another body under the same key and 409 while the first request is still going on.
    """
    key = request.headers.get(HEADER, "").strip()
    if not key:
        return run()
    if len(key) > _MAX:
        raise invalid([{"field": HEADER, "message": f"At most {_MAX} characters."}])
    row = IdempotencyKey(
        user_id=actor.user_id,
        key=key,
        method_path=f"{request.method} {request.path}"[:300],
        body_hash=_hash(request),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _earlier(actor, row)
    except OperationalError as error:
        raise _in_flight() from error
    response = run()
    row.status, row.body = response.status_code, _plain(response.data)
    row.save(update_fields=["status", "body"])
    return response


def _plain(data: Any) -> Any:
    from rest_framework.utils.encoders import JSONEncoder

    return json.loads(json.dumps(data, cls=JSONEncoder))


def _in_flight() -> ProblemError:
    return ProblemError(
        409,
        "in_flight",
        "The same request is still being answered",
        "Nothing was done twice. Repeat it in a moment.",
        headers={"Retry-After": "1"},
    )


def _earlier(actor: Actor, row: IdempotencyKey) -> Response:
    known = IdempotencyKey.objects.filter(user_id=actor.user_id, key=row.key).first()
    if known is None or known.status is None:
        raise _in_flight()
    if (known.method_path, known.body_hash) != (row.method_path, row.body_hash):
        raise ProblemError(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key belongs to another request",
            "Nothing was done. Use a new key for each new request.",
        )
    return Response(known.body, status=known.status, headers={"Idempotent-Replayed": "true"})
