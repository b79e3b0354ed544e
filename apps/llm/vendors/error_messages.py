"""What a person reads when a call failed: what happened, what is safe, what to do."""

from collections.abc import Mapping

from apps.llm.vendors.base import ErrorKind

MESSAGES: Mapping[ErrorKind, str] = {
    ErrorKind.AUTHENTICATION: (
        "The model's host refused the key. Nothing was answered. An admin should enter a valid key."
    ),
    ErrorKind.NOT_FOUND: (
        "The model's host does not know this model or address. Nothing was answered. Choose "
        "another model, or ask an admin to check the connection."
    ),
    ErrorKind.RATE_LIMIT: (
        "The model's host is receiving too many requests. Nothing is lost. Try again in a moment."
    ),
    ErrorKind.QUOTA: (
        "The account at the model's host has no credit left. Nothing was answered. An admin "
        "should top it up or choose another model."
    ),
    ErrorKind.CONTEXT_OVERFLOW: (
        "The conversation is too long for this model. Nothing is lost. Start a new chat, attach "
        "less, or choose a model with a larger context."
    ),
    ErrorKind.CONTENT_FILTER: (
        "The model's host declined this content. Nothing else is affected. Rephrase the question."
    ),
    ErrorKind.OVERLOADED: (
        "The model's host is overloaded. Nothing is lost. Try again in a moment, or choose another model."
    ),
    ErrorKind.UNAVAILABLE: (
        "The model's host is not available. Nothing is lost. Try again later, or choose another model."
    ),
    ErrorKind.TIMEOUT: (
        "The model did not answer in time. What had arrived is kept. Try again, or choose another model."
    ),
    ErrorKind.CONNECTION: (
        "The model's host could not be reached. Nothing is lost. Try again; if it stays so, an "
        "admin should check the address."
    ),
    ErrorKind.PROTOCOL: (
        "The model's host sent something that is not an answer. What had arrived is kept. Try "
        "again; if it stays so, an admin should check the address."
    ),
    ErrorKind.SERVER: "The model's host had an internal error. Nothing is lost. Try again.",
    ErrorKind.BAD_REQUEST: (
        "The model's host rejected the request. Nothing was answered. Choose another model, or "
        "ask an admin to check the model's settings."
    ),
    ErrorKind.INTERRUPTED: (
        "The answer was cut off by the model's host. What had arrived is kept. Try again for a whole answer."
    ),
}
REFUSALS: Mapping[str, str] = {
    "private_address": (
        "The address lies in a private network. Nothing was sent. The operator can allow this host and port."
    ),
    "no_address": ("The host's name has no address. Nothing was sent. Check the spelling of the address."),
    "other_host": (
        "The call would have left the connection's own host. Nothing was sent. Check the address."
    ),
    "credentials_in_url": (
        "The address holds a user name or a password. Nothing was sent. Enter the key in its own field."
    ),
}
BAD_ADDRESS = "The address is not a web address. Nothing was sent. It should look like https://host/v1."
REDIRECTED = "The host redirects to another address. The key was not sent there. Enter the final address."
NO_CALLS = (
    "The host answered, but nothing is served at this address: no list of models, chat, vectors, reranking "
    "or pictures. Check the end of the base URL, such as /v1."
)
NO_LIST = "This provider has no list of its models. Nothing else is affected. Enter the models' ids by hand."
