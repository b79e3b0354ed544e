"""People: create, change, deactivate. A deactivated person's sessions and keys end at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from apps.accounts.models import ApiKey, LinkKind, OneTimeLink, Role, Session, Theme, User
from apps.accounts.permissions import can, require_manage
from apps.accounts.services.sessions import sessions_end_all
from apps.audit.services import record
from apps.rest.errors import ProblemError, forbidden, invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def _clean_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise invalid([{"field": "email", "message": "Enter a complete e-mail address."}]) from error
    return email


def user_create(
    *, actor: Actor | None, email: str, name: str, role: str = Role.MEMBER, password: str | None = None
) -> User:
    """Add a person; without a password they enter by a link. Raises 400 for a taken or wrong value."""
    email = _clean_email(email)
    if role not in Role.values:
        raise invalid([{"field": "role", "message": f"One of {', '.join(Role.values)}."}])
    if role == Role.OWNER and actor is not None and not can(actor, "owners.manage"):
        raise forbidden()
    if User.objects.filter(email=email).exists():
        raise invalid([{"field": "email", "message": "Somebody with this address is already here."}])
    user = User(email=email, name=name.strip()[:120] or email, role=role)
    user.set_unusable_password()
    user.save(force_insert=True)
    record(
        actor=actor,
        action="user.created",
        target_type="user",
        target_id=user.id,
        after={"email": email, "name": user.name, "role": role},
    )
    if password is not None:
        password_set(actor=actor, user=user, password=password)
    return user


def password_set(*, actor: Actor | None, user: User, password: str) -> None:
    """Set a password and end the person's other sessions. Raises 400 for a weak one."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise invalid([{"field": "password", "message": message} for message in error.messages]) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    OneTimeLink.objects.filter(user=user, used_at=None, kind=LinkKind.RESET).delete()
    sessions_end_all(actor=actor, user=user, but=actor.session_id if actor else None)
    record(actor=actor, action="user.password_set", target_type="user", target_id=user.id)


def user_update(
    *, actor: Actor, name: str | None = None, theme: str | None = None, language: str | None = None
) -> User:
    """Change one's own profile; what is None stays."""
    user = User.objects.select_for_update().get(id=actor.user_id)
    before = user.name
    if name is not None:
        if not name.strip():
            raise invalid([{"field": "name", "message": "Enter your name."}])
        user.name = name.strip()[:120]
    if theme is not None:
        if theme not in Theme.values:
            raise invalid([{"field": "theme", "message": f"One of {', '.join(Theme.values)}."}])
        user.theme = theme
    if language is not None:
        user.language = language[:12]
    user.save(update_fields=["name", "theme", "language"])
    if user.name != before:
        record(
            actor=actor,
            action="user.renamed",
            target_type="user",
            target_id=user.id,
            before={"name": before},
            after={"name": user.name},
        )
    return user


def chat_settings_set(
    *,
    actor: Actor,
    send_key: str | None = None,
    follows_answers: bool | None = None,
    reads_answers: str | None = None,
) -> User:
    """Change how one's own chat page behaves; what is None stays. The values are checked by the caller."""
    user = User.objects.select_for_update().get(id=actor.user_id)
    user.send_key = send_key or user.send_key
    user.reads_answers = reads_answers or user.reads_answers
    if follows_answers is not None:
        user.follows_answers = follows_answers
    user.save(update_fields=["send_key", "follows_answers", "reads_answers"])
    return user


def _refuse_last_owner(user: User) -> None:
    """All owners are locked: of two who unmake each other at the same moment one is refused."""
    if user.role != Role.OWNER:
        return
    owners = User.objects.select_for_update(no_key=True).filter(role=Role.OWNER, is_active=True)
    if not set(owners.order_by("id").values_list("id", flat=True)) - {user.id}:
        raise ProblemError(
            409,
            "last_owner",
            "This is the only owner",
            "Nothing was changed. Make somebody else an owner first.",
        )


def user_role_set(*, actor: Actor | None, user: User, role: str) -> None:
    """Give a person another role; owners are made and unmade by owners only."""
    if role not in Role.values:
        raise invalid([{"field": "role", "message": f"One of {', '.join(Role.values)}."}])
    if Role.OWNER in (role, user.role) and actor is not None and not can(actor, "owners.manage"):
        raise forbidden()
    if role != Role.OWNER:
        _refuse_last_owner(user)
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    record(
        actor=actor,
        action="user.role_changed",
        target_type="user",
        target_id=user.id,
        before={"role": before},
        after={"role": role},
    )


def user_deactivate(*, actor: Actor | None, user: User) -> None:
    """Lock a person out: sessions, links and API keys end now; what they wrote stays."""
    require_manage(actor, user)
    if actor is not None and actor.user_id == user.id:
        raise ProblemError(
            409, "own_account", "This is your own account", "Nothing was changed. Ask another administrator."
        )
    _refuse_last_owner(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Session.objects.filter(user=user).delete()
    OneTimeLink.objects.filter(user=user, used_at=None).delete()
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    record(actor=actor, action="user.deactivated", target_type="user", target_id=user.id)


def user_activate(*, actor: Actor | None, user: User) -> None:
    """Let a person in again; keys that were revoked stay revoked."""
    require_manage(actor, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor=actor, action="user.activated", target_type="user", target_id=user.id)
