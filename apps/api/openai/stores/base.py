"""The base of these endpoints: by API key only, and every refusal in OpenAI's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.middleware import bearer_of
from apps.api.openai.errors import DialectError, missing_scope, wrong_key
from apps.rest.errors import ProblemError, fault_of, invalid
from apps.rest.pages import limit_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import Model, QuerySet
    from django.http import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

SCOPE: Final = "knowledge"
_TYPES: Final = {403: "permission_error", 429: "rate_limit_error"}
_RETRIED: Final = {409: 400}
"""The official client repeats a 409; what it means here does not pass by itself."""


class DialectProblemError(ProblemError):
    """A problem that leaves in OpenAI's shape."""

    def __init__(self, error: DialectError) -> None:
        super().__init__(error.status, error.code or "", error.message, headers=error.headers)
        self.error = error

    def response(self) -> Response:
        """As JSON."""
        return Response(self.error.body(), status=self.status, headers=self.headers)


def dialect_of(problem: ProblemError) -> DialectError:
    """The same refusal as OpenAI would word it."""
    if isinstance(problem, DialectProblemError):
        return problem.error
    if problem.status == 401:  # noqa: PLR2004 - not authenticated
        return wrong_key()
    field, message = "", f"{problem.title}. {problem.detail}".removesuffix(". ")
    if problem.errors:
        field, message = problem.errors[0]["field"], problem.errors[0]["message"]
    server = 500
    return DialectError(
        _RETRIED.get(problem.status, problem.status),
        f"{field}: {message}" if field else message,
        type="api_error" if problem.status >= server else _TYPES.get(problem.status, "invalid_request_error"),
        param=field or None,
        code=problem.code,
        headers=dict(problem.headers),
    )


class StoreApi(TenantApi):
    """An endpoint of the key's person; JSON in and out."""

    scope = ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse what comes without a key; a cookie opens nothing here."""
        if bearer_of(request) is None:
            return self._refuse(request, DialectProblemError(wrong_key()), *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def _refuse(self, request: Any, problem: ProblemError, *args: Any, **kwargs: Any) -> Response:
        return super()._refuse(request, DialectProblemError(dialect_of(problem)), *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the key's person; raises 401 and 403."""
        super().initial(request, *args, **kwargs)
        key = self.actor.api_key
        if key is None or not {SCOPE, "admin"} & set(key.scopes):
            raise DialectProblemError(missing_scope(SCOPE))

    def handle_exception(self, exc: Exception) -> Response:
        """Every error in OpenAI's shape; what the transaction wrote is discarded by its status."""
        response = DialectProblemError(dialect_of(fault_of(exc))).response()
        response.exception = True
        return response

    def taken(self, request: Request, kind: type[Serializer[Any]]) -> dict[str, Any]:
        """The body's values; raises 400."""
        read = kind(data=request.data)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)


class UploadStoreApi(StoreApi):
    """The same for forms with a file."""

    parser_classes = [MultiPartParser]


def listed(
    request: Request,
    rows: QuerySet[Any],
    told: Callable[[Any], dict[str, Any]],
    *,
    find: Callable[[str], Model | None],
    most: int = 100,
) -> Response:
    """OpenAI's page of rows with `created_at` and `id`: `limit`, `order`, `after`, `before`.

    `find` gives the row of an id that a client names, if it is in the list.
    """
    limit = limit_of(request, usual=20 if most == 100 else most, most=most)  # noqa: PLR2004 - OpenAI's
    order = request.query_params.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise invalid([{"field": "order", "message": "asc or desc."}])
    is_up = order == "asc"
    before = request.query_params.get("before")
    edge, is_back = (before, True) if before else (request.query_params.get("after"), False)
    if edge:
        row: Any = find(edge)
        if row is None:
            raise invalid([{"field": "before" if is_back else "after", "message": "Not an id of this list."}])
        rows = _beyond(rows, row.created_at, row.id, is_up=is_up != is_back)
    sign = "" if is_up != is_back else "-"
    found = list(rows.order_by(f"{sign}created_at", f"{sign}id")[: limit + 1])
    has_more = len(found) > limit
    shown = found[:limit]
    data = [told(row) for row in (reversed(shown) if is_back else shown)]
    return Response({
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    })  # fmt: skip


def _beyond(rows: QuerySet[Any], moment: Any, id_: UUID, *, is_up: bool) -> QuerySet[Any]:
    from django.db.models import Q

    way = "gt" if is_up else "lt"
    return rows.filter(Q(**{f"created_at__{way}": moment}) | Q(created_at=moment, **{f"id__{way}": id_}))
