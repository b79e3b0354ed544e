"""Sign-in by e-mail and password: slow to guess, the same answer and the same time for every failure.

Three steps, so that hashing a password (tens of milliseconds) holds no transaction: `attempt_begin` counts
the attempt before anything is compared, `password_fits` compares outside any scope, `attempt_succeed`
forgives.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.utils import timezone

from apps.accounts.models import SignInAttempt, User
from apps.audit.services import record
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

WINDOW: Final = dt.timedelta(minutes=15)
MOST_PER_ACCOUNT_AND_ADDRESS: Final = 10
MOST_PER_ADDRESS: Final = 100
_LONGEST_PASSWORD: Final = 1024


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: who it would be, and the hash to compare with (a stranger's for nobody)."""

    user_id: UUID | None
    password_hash: str
    email_hash: str
    ip: str | None


@cache
def _nobody() -> str:
    return make_password("nobody")


def _recent(ip: str | None) -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(ip=ip, created_at__gt=timezone.now() - WINDOW)


def refuse_guessing(email_hash: str, ip: str | None) -> None:
    """Raise 429 after too many failures for this account from this address, or from this address at all.

    The owner at another address is never locked out by somebody else's guessing.
    """
    attempts = _recent(ip)
    own = attempts.filter(email_hash=email_hash).count()
    if own >= MOST_PER_ACCOUNT_AND_ADDRESS or attempts.count() >= MOST_PER_ADDRESS:
        raise ProblemError(
            429,
            "too_many_attempts",
            "Too many attempts",
            "Nothing was changed. Wait 15 minutes, or ask an administrator for a sign-in link.",
            headers={"Retry-After": str(int(WINDOW.total_seconds()))},
        )


def attempt_begin(*, email: str, ip: str | None) -> Attempt:
    """Count an attempt and find whom it is for, known or not; raises 429 after too many."""
    email = email.strip().lower()[:254]
    email_hash = hashlib.sha256(email.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{email_hash}|{ip}"])
    refuse_guessing(email_hash, ip)
    SignInAttempt.objects.create(email_hash=email_hash, ip=ip)
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None or not user.has_usable_password():
        return Attempt(None, _nobody(), email_hash, ip)
    return Attempt(user.pk, user.password, email_hash, ip)


def password_fits(attempt: Attempt, password: str) -> bool:
    """Compare the password; takes as long where nobody has the address. Needs no scope."""
    return check_password(password[:_LONGEST_PASSWORD], attempt.password_hash) and attempt.user_id is not None


def attempt_succeed(attempt: Attempt) -> User | None:
    """The person, whose failures from this address are forgiven; None if deactivated in between."""
    if attempt.user_id is None:
        return None
    user = User.objects.filter(id=attempt.user_id, is_active=True, password=attempt.password_hash).first()
    if user is not None:
        _recent(attempt.ip).filter(email_hash=attempt.email_hash).delete()
    return user


def attempt_failed(attempt: Attempt) -> None:
    """Leave a failed sign-in in the audit trail; of nobody's address only that it was tried."""
    record(
        actor=None,
        action="sign_in.failed",
        target_type="user",
        target_id=attempt.user_id or "",
        detail={"ip": attempt.ip},
    )
