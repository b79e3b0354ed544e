"""The kinds of finding, with the words that people read and the data class that each suggests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import DataClass

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class Kind(StrEnum):
    """What a finding is; the value is stored and stands in the API."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    IBAN = "iban"
    CARD = "card"
    NATIONAL_ID = "national_id"
    PASSPORT = "passport"
    IP = "ip"
    MAC = "mac"
    SECRET = "secret"  # noqa: S105 - a kind's name
    TERM = "term"
    PATTERN = "pattern"
    MODERATION = "moderation"

    @property
    def label(self) -> str:
        """As people read it."""
        return ABOUT[self].label

    @property
    def data_class(self) -> DataClass:
        """What a text that holds one is at least, unless a policy says otherwise."""
        return ABOUT[self].data_class


@dataclass(frozen=True, slots=True)
class About:
    label: str
    data_class: DataClass
    help: str
    """What is looked for, in a sentence for the person who writes a policy."""


ABOUT: Final = {
    Kind.EMAIL: About("E-mail addresses", DataClass.INTERNAL, "Addresses such as ana@example.com."),
    Kind.PHONE: About(
        "Phone numbers", DataClass.INTERNAL, "With a country code, as usually written, or after “Tel.”."
    ),
    Kind.NAME: About(
        "Names of people", DataClass.INTERNAL, "By lists of given names, and after “Mrs”, “Dear” or “Name:”."
    ),
    Kind.ADDRESS: About(
        "Postal addresses", DataClass.CONFIDENTIAL, "A street with a number, with postal code and town."
    ),
    Kind.BIRTH_DATE: About(
        "Dates of birth", DataClass.CONFIDENTIAL, "A date near “born on” or “date of birth”."
    ),
    Kind.IBAN: About(
        "Bank accounts (IBAN)",
        DataClass.CONFIDENTIAL,
        "The check digits and the country's length must be right.",
    ),
    Kind.CARD: About(
        "Payment cards", DataClass.RESTRICTED, "The issuer's length and the check digit must be right."
    ),
    Kind.NATIONAL_ID: About(
        "National and tax numbers",
        DataClass.RESTRICTED,
        "Of over thirty countries; the check digits must be right where there are any.",
    ),
    Kind.PASSPORT: About(
        "Passports and licences",
        DataClass.RESTRICTED,
        "A number near “passport”, “identity card” or “licence”.",
    ),
    Kind.IP: About("IP addresses", DataClass.INTERNAL, "Version 4 and 6."),
    Kind.MAC: About("Hardware addresses (MAC)", DataClass.INTERNAL, "Such as 00:1B:44:11:3A:B7."),
    Kind.SECRET: About(
        "Passwords and keys", DataClass.RESTRICTED, "Keys of common vendors, private keys, tokens, passwords."
    ),
    Kind.TERM: About("Your blocked terms", DataClass.CONFIDENTIAL, "Whole words or phrases from your lists."),
    Kind.PATTERN: About("Your regular expressions", DataClass.CONFIDENTIAL, "In RE2's syntax."),
    Kind.MODERATION: About(
        "Moderated content", DataClass.CONFIDENTIAL, "Categories that a model of yours finds in a text."
    ),
}

BUILT_IN: Final[AbstractSet[Kind]] = frozenset(Kind) - {Kind.TERM, Kind.PATTERN, Kind.MODERATION}
"""Kinds that need neither a list of the organisation's own nor a model."""


class Certainty(IntEnum):
    """How sure a finding is; of two that overlap the surer stays."""

    LIKELY = 1
    """By a list of words or its look alone."""
    TOLD = 2
    """A telling word stands near, or its form is used for nothing else."""
    CHECKED = 3
    """Its check digits are right, or its form is documented by whoever gives it out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One value in a text: text[start:end], in code points of the text as it was given.

    `value` is the same for each spelling of the same value (without spaces, in one case, …), so that it may
    stand for it; it is as confidential as the text. `detail` says which one of the kind: `us_ssn`, `github`,
    or, of a term or pattern, the name of the list or rule that was given.
    """

    kind: Kind
    start: int
    end: int
    value: str
    detail: str = ""
    certainty: Certainty = Certainty.CHECKED
