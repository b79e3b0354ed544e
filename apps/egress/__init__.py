"""The one outgoing HTTP client: every address that a tenant, a document or a model can name goes through it.

Resolves once, refuses what is not public unless the operator allowed it, connects to the checked address,
follows no redirect, reads nothing from the environment, and bounds size, time and decompression
(design/security.md, section 3).
"""

from apps.egress import guards
from apps.egress.environment import (
    UncleanEnvironmentError,
    assert_clean_environment,
    without_vendor_variables,
)
from apps.egress.errors import EgressFailed, EgressRefused
from apps.egress.fetching import Fetched, fetch
from apps.egress.responses import Response
from apps.egress.sessions import Allowed, Destination, Limits, Session, close_sessions, session, session_for

__all__ = [
    "Allowed",
    "Destination",
    "EgressFailed",
    "EgressRefused",
    "Fetched",
    "Limits",
    "Response",
    "Session",
    "UncleanEnvironmentError",
    "assert_clean_environment",
    "close_sessions",
    "fetch",
    "guards",
    "session",
    "session_for",
    "without_vendor_variables",
]
