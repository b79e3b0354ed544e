"""Refusals of the chat, in words for a person."""

from apps.rest import errors as problems
from apps.rest.errors import ProblemError, not_found

__all__ = ["answer_running", "client_id_used", "invalid", "model_unavailable", "no_model", "not_found"]


def invalid(field: str, message: str) -> ProblemError:
    """400: one field is wrong."""
    return problems.invalid([{"field": field, "message": message}], detail=message)


def model_unavailable() -> ProblemError:
    """400: no such model for this team."""
    return invalid(
        "model",
        "This model is not available to your team. Nothing was sent. Choose another model and send again.",
    )


def no_model() -> ProblemError:
    """409: the team has no chat model at all."""
    return ProblemError(
        409,
        "no_model",
        "Your team has no model yet",
        "Nothing was sent; your text stays in the box. Ask an administrator to give your team a model.",
    )


def answer_running() -> ProblemError:
    """409: the message to continue from is still being written."""
    return ProblemError(
        409,
        "answer_running",
        "The answer is still being written",
        "Nothing was sent. Wait for the answer to end, or stop it, and send again.",
    )


def client_id_used() -> ProblemError:
    """409: a client's id names something else already."""
    return ProblemError(
        409,
        "client_id_used",
        "This client_id belongs to another message",
        "Nothing was sent. Make a new random UUID for each new message.",
    )
