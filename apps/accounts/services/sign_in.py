"""Sign-in by e-mail and password: slow to guess, the same answer for every failure."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from apps.accounts.models import SignInAttempt, User
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from django.db.models import QuerySet

WINDOW: Final = dt.timedelta(minutes=15)
MOST_PER_ACCOUNT_AND_ADDRESS: Final = 10
MOST_PER_ADDRESS: Final = 100
_UNKNOWN: Final[list[str]] = []


def _unknown_hash() -> str:
    """A hash to compare with when nobody has the address, so that both cases take as long."""
    if not _UNKNOWN:
        _UNKNOWN.append(make_password("nobody"))
    return _UNKNOWN[0]


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
            "Wait 15 minutes, or ask an administrator for a sign-in link.",
            headers={"Retry-After": str(int(WINDOW.total_seconds()))},
        )


def sign_in(*, email: str, password: str, ip: str | None) -> User | None:
    """The person, or None when address and password do not belong together; the failure is counted."""
    email = email.strip().lower()[:254]
    email_hash = hashlib.sha256(email.encode()).hexdigest()
    refuse_guessing(email_hash, ip)
    user = User.objects.filter(email=email).first()
    matches = check_password(password[:1024], user.password if user else _unknown_hash())
    if user is None or not matches or not user.is_active:
        SignInAttempt.objects.create(email_hash=email_hash, ip=ip)
        return None
    _recent(ip).filter(email_hash=email_hash).delete()
    return user
