"""What a model is cleared for: by what was set, else by where it runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import DataClass

if TYPE_CHECKING:
    from uuid import UUID

OWN: Final = "own"
HOSTED: Final = "hosted"
AS_FOUND: Final = ""

BY_DEFAULT: Final = "default"
BY_CONNECTION: Final = "connection"
BY_MODEL: Final = "model"


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a connection leads. `hosting` is what an administrator said of it, OWN or HOSTED.

    As found it is the organisation's own where it is part of the installation (`is_builtin`), or at an
    address that the operator allowed because it is not public (`is_allowed`).
    """

    is_builtin: bool
    is_allowed: bool
    hosting: str = AS_FOUND
    region: str = ""
    contract_note: str = ""

    @property
    def is_own(self) -> bool:
        if self.hosting == AS_FOUND:
            return self.is_builtin or self.is_allowed
        return self.hosting == OWN


@dataclass(frozen=True, slots=True)
class Cleared:
    """The highest class that may be sent, what it was taken from, and that in words."""

    data_class: DataClass
    basis: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """What the ledger keeps of it: a row that a reservation can refer to; the highest number is in force."""

    id: UUID
    number: int
    cleared: Cleared


@dataclass(frozen=True, slots=True)
class Settings:
    """What administrators set: for the connection and for the model, None where nothing was.

    `is_home`: it is the model's own connection, not a further deployment of it.
    """

    of_connection: int | None = None
    of_model: int | None = None
    is_home: bool = True


def default_for(facts: Facts) -> Cleared:
    """The class of a connection for which none was set.

    Restricted where it is the organisation's own, so that nothing leaves; confidential where a provider is
    bound by a contract and its region is on record; internal at any other provider.
    """
    if facts.is_own:
        return Cleared(DataClass.RESTRICTED, BY_DEFAULT, f"{_own(facts)} Nothing leaves your own machines.")
    if facts.contract_note and facts.region:
        said = f"Hosted by a provider in {facts.region}, under this contract: {facts.contract_note}"
        return Cleared(DataClass.CONFIDENTIAL, BY_DEFAULT, said)
    missing = [name for name, on in (("contract", facts.contract_note), ("region", facts.region)) if not on]
    said = f"Hosted by a provider, with no {' and no '.join(missing)} on record."
    return Cleared(DataClass.INTERNAL, BY_DEFAULT, said)


def cleared_for(facts: Facts, settings: Settings) -> Cleared:
    """What may be sent to a model at a connection.

    What is set for the model holds at its own connection; elsewhere it gets what both allow.
    """
    at_connection = _of_connection(facts, settings.of_connection)
    if settings.of_model is None:
        return at_connection
    if not settings.is_home and settings.of_model > at_connection.data_class:
        return at_connection
    said = " ".join(["Set for this model.", *_on_record(facts)])
    return Cleared(DataClass(settings.of_model), BY_MODEL, said)


def _of_connection(facts: Facts, wanted: int | None) -> Cleared:
    if wanted is None:
        return default_for(facts)
    said = " ".join(["Set for the connection.", *_on_record(facts)])
    return Cleared(DataClass(wanted), BY_CONNECTION, said)


def _on_record(facts: Facts) -> list[str]:
    said = [f"Region: {facts.region}."] if facts.region else []
    return [*said, f"Contract: {facts.contract_note}"] if facts.contract_note else said


def _own(facts: Facts) -> str:
    if facts.hosting == OWN:
        return "Marked as your own."
    if facts.is_builtin:
        return "Part of this installation."
    return "At an address of your own network that the operator allowed."
