"""Why a person can see a document, in words that name only what that person may know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.knowledge.readership import By, reasons, rules_of
from apps.knowledge.restricting import Place

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.knowledge.models import Document
    from apps.knowledge.readership import Reason

_TO_YOU: Final = {
    By.OWNER: "it is yours",
    By.OPEN: "it is open to everyone",
    By.NAMED: "you were named as a reader",
    By.TEAM: "you are in",
}


def reasons_for(actor: Actor, document: Document) -> list[str]:
    """What admits the person: the collection first, then each restriction from the outermost folder inwards.

    The caller has checked that the person may read the document.
    """
    base = document.knowledge_base
    if base.conversation_id:
        return ["You attached it in a chat of yours."]
    found = reasons(rules_of(Place(base, document)), [actor.user_id])[actor.user_id]
    first, *closed = found
    return [
        f"You may read {first.what}: {_by(first)}.",
        *(f"You may read {reason.what}, which is closed to others: {_by(reason)}." for reason in closed),
    ]


def _by(reason: Reason) -> str:
    return " ".join([_TO_YOU[reason.by], ", ".join(reason.teams)]).strip()
