"""What stands for a value that does not leave: `[EMAIL_1]`, and the way back.

The form is docs/adr/0026: ASCII, since models write other letters as escapes into a tool's arguments, and
one that models have seen a million times and repeat as it is. The same spelling of a value always gets the
same placeholder; another spelling of it gets the same number and a letter (`[EMAIL_1b]`), so that what comes
back is what was written. Text that looks like a placeholder already is itself replaced (`[TEXT_1]`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from apps.guardrails.classes import DataClass
from apps.guardrails.detectors.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LITERAL: Final = "TEXT"
"""The word of what only looked like a placeholder."""
_WORDS: Final = tuple(sorted({kind.name for kind in Kind} | {LITERAL}, key=len, reverse=True))
_NUMBER: Final = r"[1-9][0-9]{0,5}[b-z]?"
_ANY_NUMBER: Final = r"[1-9][0-9]{0,5}[b-zB-Z]?"
_FORMS: Final = (
    (r"\[", r" ?", None, r"\\?", r"[_ -]", _ANY_NUMBER, r" ?", r"\]"),
    (r"\\", r"\[", None, r"\\?", r"[_ -]", _ANY_NUMBER, r"\\", r"\]"),
)
"""In brackets, in any case, with a space or a hyphen for the underscore, and with Markdown's escapes."""
_BARE: Final = (r"(?<![A-Za-z0-9_\\])", None, r"\\?", "_", _NUMBER)
"""Without brackets only as we write it, and as a word of its own."""
_BARE_END: Final = r"(?![A-Za-z0-9_])"
LONGEST: Final = 40
"""Code points of the longest form of a placeholder."""


def _whole() -> str:
    boxed_words = "|".join(_WORDS).replace("_", r"\\?[_ -]")
    bare_words = "|".join(_WORDS).replace("_", r"\\?_")
    boxed = ("".join(f"(?i:{boxed_words})" if atom is None else atom for atom in form) for form in _FORMS)
    bare = "".join(f"(?:{bare_words})" if atom is None else atom for atom in _BARE)
    return "|".join([*boxed, bare + _BARE_END])


def _begun(atoms: Iterable[str]) -> str:
    """Matches where the text ends inside the sequence, or with its last atom."""
    first, *others = atoms
    made = ""
    for atom in reversed(others):
        made = f"(?:{atom}{made})?"
    return f"{first}{made}"


def _letters(form: Iterable[str | None], word: str, *, any_case: bool) -> list[str]:
    spelled: list[str] = []
    for letter in word:
        if letter == "_":
            spelled += (r"\\?", "[_ -]" if any_case else "_")
        else:
            spelled.append(f"(?i:{letter})" if any_case else letter)
    return [piece for atom in form for piece in (spelled if atom is None else [atom])]


def _partial() -> str:
    boxed = (_begun(_letters(form, word, any_case=True)) for form in _FORMS for word in _WORDS)
    bare = []
    for word in _WORDS:
        before, *rest = _letters(_BARE, word, any_case=False)
        bare.append(before + _begun(rest))
    return rf"(?:{'|'.join([*boxed, *bare])})\Z"


_PLACEHOLDER: Final = re.compile(_whole())
_CANONICAL: Final = re.compile(rf"\[(?:{'|'.join(_WORDS)})_{_NUMBER}\]")
_PARTIAL: Final = re.compile(_partial())
_MAY_BEGIN: Final = re.compile(rf"[\[\\{''.join(sorted({word[0] for word in _WORDS}))}]")
_MARKS: Final = re.compile(r"[\[\]\\_ -]+")


@dataclass(frozen=True, slots=True)
class Value:
    """What a placeholder stands for; `data_class` says where it may be put back."""

    text: str = field(repr=False)
    data_class: DataClass


def word_of(token: str) -> str:
    """EMAIL, of EMAIL_1b."""
    return token.rpartition("_")[0]


class Placeholders:
    """The placeholders of one conversation or call; keeps the values: as confidential as they are.

    `sent` are those that stand in this call: what comes back may hold no others.
    """

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.sent: dict[str, Value] = {}
        self._tokens: dict[tuple[str, str], str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._spellings: dict[tuple[str, int], int] = {}
        self._last: dict[str, int] = {}
        self._norms: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.values)

    def stand_in(self, word: str, norm: str, text: str, data_class: DataClass) -> str:
        """The placeholder of this spelling of a value; `norm` is the same for all its spellings."""
        token = self._tokens.get((word, text))
        if token is None:
            token = self._new(word, norm, text)
            self._keep(token, word, norm, Value(text, data_class))
        elif data_class > self.values[token].data_class:
            self.values[token] = Value(text, data_class)
        self.sent[token] = self.values[token]
        return f"[{token}]"

    def escaped(self, text: str) -> str:
        """The text with a placeholder for all in it that looks like one."""
        made: list[str] = []
        at = 0
        for match in _PLACEHOLDER.finditer(text):
            found = match.group()
            made += (text[at : match.start()], self.stand_in(LITERAL, found, found, DataClass.PUBLIC))
            at = match.end()
        made.append(text[at:])
        return "".join(made)

    def _new(self, word: str, norm: str, text: str) -> str:
        number = self._numbers.get((word, norm))
        if number is not None:
            spelling = self._spellings[word, number]
            if spelling < len(_VARIANTS):
                return f"{word}_{number}{_VARIANTS[spelling]}"
        return f"{word}_{self._last.get(word, 0) + 1}"

    def _keep(self, token: str, word: str, norm: str, value: Value) -> None:
        number = int(token.rpartition("_")[2].rstrip(_VARIANTS))
        self.values[token] = value
        self._norms[token] = norm
        self._tokens[word, value.text] = token
        self._numbers[word, norm] = number
        self._spellings[word, number] = self._spellings.get((word, number), -1) + 1
        self._last[word] = max(number, self._last.get(word, 0))

    def dump(self) -> list[list[Any]]:
        """Plain JSON; `load` gives the same placeholders back."""
        return [
            [token, self._norms[token], value.text, int(value.data_class)]
            for token, value in self.values.items()
        ]

    @classmethod
    def load(cls, rows: Iterable[Iterable[Any]]) -> Placeholders:
        """From what `dump` gave."""
        made = cls()
        for token, norm, text, data_class in rows:
            made._keep(token, word_of(token), norm, Value(text, DataClass(data_class)))
        return made


_VARIANTS: Final = "bcdefghijklmnopqrstuvwxyz"


class Nameless(Placeholders):
    """For texts of which nothing comes back, vectors above all: every value of a kind is the same `[EMAIL]`.

    So a question and a passage that name different people still have one form in common. `values` are the
    conversation's, to be known again.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__()
        self.values = dict(values)

    def stand_in(self, word: str, norm: str, text: str, data_class: DataClass) -> str:
        return f"[{word}]"

    def escaped(self, text: str) -> str:
        return text


def _plain(text: str) -> str:
    return text


def in_json(text: str) -> str:
    """As it stands inside a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


class Restorer:
    """Puts values back into one text that comes in pieces, wherever the pieces end.

    What may be the beginning of a placeholder is held back until it is sure, at most `LONGEST` code points.
    A placeholder that stands for nothing here stays as it is. `is_strict`: only as we write them.
    """

    __slots__ = ("_before", "_encode", "_held", "_is_strict", "_values")

    def __init__(
        self,
        values: Mapping[str, Value],
        *,
        encode: Callable[[str], str] = _plain,
        is_strict: bool = False,
    ) -> None:
        self._values = values
        self._encode = encode
        self._is_strict = is_strict
        self._held = ""
        self._before = ""

    def feed(self, text: str) -> str:
        """What may be shown now."""
        if not self._held and not _MAY_BEGIN.search(text):
            self._before = text[-1:] or self._before
            return text
        text = self._held + text
        line = self._before + text
        until = self._open(line)
        self._held = line[until:]
        return self._take(line, until)

    def finish(self) -> str:
        """The rest."""
        line = self._before + self._held
        self._held = ""
        return self._take(line, len(line))

    def _open(self, line: str) -> int:
        """From where on the line may still become something else."""
        start = max(len(self._before), len(line) - LONGEST)
        match = _PARTIAL.search(line, start)
        return match.start() if match else len(line)

    def _take(self, line: str, until: int) -> str:
        """Restore line[len(before):until]; what follows is known, so that a word's end is seen."""
        at = len(self._before)
        made: list[str] = []
        pattern = _CANONICAL if self._is_strict else _PLACEHOLDER
        for match in pattern.finditer(line, at):
            if match.start() >= until:
                break
            made += (line[at : match.start()], self._value_of(match.group()))
            at = match.end()
        made.append(line[at : max(until, at)])
        self._before = line[until - 1 : until] if until else self._before
        return "".join(made)

    def _value_of(self, found: str) -> str:
        *words, number = _MARKS.sub(" ", found).split()
        value = self._values.get("_".join([*words, ""]).upper() + number.lower())
        return found if value is None else self._encode(value.text)


def restored(text: str, values: Mapping[str, Value]) -> str:
    """The whole text with its values."""
    restorer = Restorer(values)
    return restorer.feed(text) + restorer.finish()
