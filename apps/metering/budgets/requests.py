"""Asking for more until a period ends, and granting or declining it: both sides are told, all is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.mail import send_after_commit
from apps.accounts.models import User
from apps.accounts.selectors import tenant_settings
from apps.accounts.services import notification_create
from apps.audit.services import record
from apps.metering.budgets.models import BudgetCounter, BudgetRequest, RequestState, Unit
from apps.metering.budgets.people import givers_of, may_give
from apps.metering.budgets.services import MOST, budget_archive, warn_again
from apps.metering.budgets.words import amount_text, anew, name_for_others, name_of, sentence
from apps.rest.errors import forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from apps.accounts.actors import Actor
    from apps.metering.budgets.models import Budget
    from apps.metering.budgets.purse import Line

MOST_WORDS: Final = 1_000
TARGET: Final = "budget_request"
PAGE: Final = "/settings/budgets"
_ASKED: Final = "You have asked already. You are told as soon as somebody has decided."


def request_create(*, actor: Actor, line: Line, amount: Decimal, reason: str) -> BudgetRequest:
    """Ask for more of the line's period; the leads or administrators are told. Raises ValidationError."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "Say what you need it for: whoever decides reads this."})
    if len(reason) > MOST_WORDS:
        raise ValidationError({"reason": f"Say it in at most {MOST_WORDS:,} characters."})
    _check(Unit(line.unit), amount)
    try:
        with transaction.atomic():
            asked = BudgetRequest.objects.create(
                counter_id=line.counter_id,
                user_id=actor.user_id,
                user_name=actor.name,
                amount=amount,
                reason=reason,
            )
    except IntegrityError:
        raise ValidationError({"": _ASKED}) from None
    record(
        actor=actor, action="budget_request.created", target_type=TARGET, target_id=asked.pk,
        after={"budget": str(line.budget_id), "amount": f"{amount:f}", "reason": reason},
    )  # fmt: skip
    organisation = tenant_settings()
    more, whose = amount_text(amount, line.unit, organisation.currency), f"{actor.name}'s"
    _tell(
        givers_of(line, actor.user_id),
        f"{actor.name} asks for {more} more",
        f"Of {name_for_others(line, whose)}. The reason: {reason}",
    )
    return asked


def request_decide(
    *, actor: Actor, asked: BudgetRequest, granted: Decimal | None, answer: str = ""
) -> BudgetRequest:
    """Grant so much until the period ends, or decline (None); who asked is told.

    Raises 403 for whoever may not, and ValidationError where it is decided or the period is over.
    """
    counter = BudgetCounter.objects.select_related("budget").get(pk=asked.counter_id)
    budget = counter.budget
    if not may_give(actor, budget, asked.user_id):
        raise forbidden()
    now = timezone.now()
    if budget.archived_at is not None:
        raise ValidationError({"": "This budget was ended: it limits nothing any more. Nothing was changed."})
    if counter.ends_at <= now:
        raise ValidationError({"": "This period is over: the budget has started anew. Nothing was changed."})
    if granted is not None:
        _check(Unit(budget.unit), granted)
        if counter.granted + granted > MOST:
            raise ValidationError({"amount": f"At most {MOST:,} can be granted in a period. Grant less."})
    state = RequestState.DECLINED if granted is None else RequestState.GRANTED
    changed = BudgetRequest.objects.filter(pk=asked.pk, state=RequestState.OPEN).update(
        state=state,
        granted=granted,
        answer=answer.strip()[:MOST_WORDS],
        decided_by=actor.name,
        decided_at=now,
    )
    if not changed:
        raise ValidationError({"": "Somebody has decided this already. Reload the page."})
    if granted is not None:
        BudgetCounter.objects.filter(pk=counter.pk).update(granted=F("granted") + granted)
        counter.refresh_from_db()
        warn_again(budget)
    asked.refresh_from_db()
    _record_decision(actor, asked, counter)
    _tell_decision(asked, counter, actor)
    return asked


def budget_end(*, actor: Actor | None, budget: Budget) -> None:
    """As `budget_archive`; who still waits for an answer is told that there is nothing to ask for now."""
    if budget.archived_at is not None:
        return
    budget_archive(actor=actor, budget=budget)
    waiting = BudgetRequest.objects.filter(
        counter__budget=budget, counter__ends_at__gt=timezone.now(), state=RequestState.OPEN
    )
    _tell(
        User.objects.filter(pk__in=waiting.values("user_id"), is_active=True),
        "A budget that you asked about was ended",
        f"{sentence(name_of(budget))} limits nothing any more, so your request for more needs no answer. "
        "You can send your message again.",
    )


def _record_decision(actor: Actor, asked: BudgetRequest, counter: BudgetCounter) -> None:
    given = asked.granted
    record(
        actor=actor, action=f"budget_request.{asked.state}", target_type=TARGET, target_id=asked.pk,
        before={
            "state": RequestState.OPEN.value,
            "granted": f"{(counter.granted - (given or 0)).normalize():f}",
        },
        after={
            "state": str(asked.state),
            "granted": f"{counter.granted.normalize():f}",
            "answer": asked.answer,
        },
    )  # fmt: skip


def _tell_decision(asked: BudgetRequest, counter: BudgetCounter, actor: Actor) -> None:
    organisation, budget = tenant_settings(), counter.budget
    until = anew(counter.ends_at, organisation.time_zone)
    said = f" {actor.name} says: {asked.answer}" if asked.answer else ""
    if asked.granted is None:
        title = "Your request for more was declined"
        body = f"Of {name_of(budget)}. It starts anew on {until}.{said}"
    else:
        more = amount_text(asked.granted, budget.unit, organisation.currency)
        title = f"You got {more} more"
        body = f"Of {name_of(budget)}, until {until}. You can send your message again.{said}"
    _tell(User.objects.filter(pk=asked.user_id, is_active=True), title, body)


def _tell(users: Iterable[User], title: str, body: str) -> None:
    """In the app, and by mail where the installation sends any."""
    organisation = tenant_settings().name
    for user in users:
        notification_create(user=user, kind="budget", title=title, body=body, url=PAGE)
        context: dict[str, Any] = {
            "user": user,
            "organisation": organisation,
            "title": title,
            "body": body,
            "path": PAGE,
        }
        subject = " ".join(title.split())
        send_after_commit(to=user.email, subject=subject, template="budget", context=context)


def _check(unit: Unit, amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0 or amount > MOST:
        raise ValidationError({"amount": f"Enter an amount above 0, at most {MOST:,}."})
    if unit is Unit.TOKENS and amount != amount.to_integral_value():
        raise ValidationError({"amount": "Tokens are counted whole. Enter a whole number."})
