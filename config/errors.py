"""Error pages of last resort: what happened, what is safe, what to do. REST paths get problem JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.rest.errors import CONTENT_TYPE, ProblemError

if TYPE_CHECKING:
    from django.http import HttpResponseBase

_TEXTS = {
    400: (
        "bad_request",
        "The request could not be understood",
        "Nothing was changed. Check the address or go back.",
    ),
    403: (
        "forbidden",
        "This page is not open to you",
        "Nothing was changed. Ask an administrator if you need it.",
    ),
    404: (
        "not_found",
        "There is nothing here for you",
        "It may have been deleted, or it belongs to someone else.",
    ),
    500: (
        "server_error",
        "Something went wrong on our side",
        "What you had saved is safe. Try again in a moment.",
    ),
}


def _answer(request: HttpRequest, status: int, **extra: Any) -> HttpResponseBase:
    code, title, detail = _TEXTS[status]
    detail = extra.get("detail", detail)
    problem = ProblemError(status, code, title, detail)
    if request.path.startswith("/v1/"):
        return JsonResponse(problem.openai_body(), status=status)
    if request.path.startswith("/api/"):
        return JsonResponse(problem.body(), status=status, content_type=CONTENT_TYPE)
    context = {"title": title, "detail": detail, "status": status, "reference": problem.reference}
    try:
        return render(request, f"errors/{status}.html", context, status=status)
    except Exception:  # noqa: BLE001 - a broken template or database must still leave an answer
        return HttpResponse(f"{title}. {detail}", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400 as page or problem."""
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 as page or problem."""
    return _answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404 as page or problem: the same whether it is missing or not shared."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500 as page or problem with a reference."""
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """403 of the CSRF check."""
    return _answer(
        request, 403, detail="The page was open for too long or came from elsewhere. Reload it and try again."
    )
