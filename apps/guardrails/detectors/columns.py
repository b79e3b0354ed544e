"""What stands in a column whose head says what it is: CSV, tabulated text and Markdown's tables.

A name that no list holds and a number without its country's form are known by the head above them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.lexicon import CAPITALISED, word_list

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_SPLIT: Final = ";"
_HEADS: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.NAME: frozenset(
        "name;full name;fullname;full_name;customer name;customer_name;contact name;contact;surname;last name"
        ";last_name;lastname;first name;first_name;firstname;vorname;nachname;kundenname;ansprechpartner"
        ";nom;prénom;nom complet;nombre;apellido;apellidos;nombre completo;nome;cognome;sobrenome;apelido"
        ";nome completo;naam;voornaam;achternaam;imię;nazwisko;imię i nazwisko".split(_SPLIT)
    ),
    Kind.PHONE: frozenset(
        "tel;tel.;phone;phone number;phone_number;telephone;mobile;telefon;telefonnummer;handy;téléphone"
        ";portable;teléfono;móvil;telefono;cellulare;telefone;telemóvel;celular;telefoon".split(_SPLIT)
    ),
    Kind.BIRTH_DATE: frozenset(
        "date of birth;birth date;birthdate;birthday;date_of_birth;birth_date;dob;d.o.b.;born;geburtsdatum"
        ";geburtstag;geboren;geb.;geb.-datum;né le;née le;né(e) le;naissance;date de naissance"
        ";nac.;nacimiento;fecha nac.;f. nac.;fecha de nacimiento;nato il;nata il;nato/a il;nascita"
        ";data di nascita;nasc.;nascimento;nascido em;data de nascimento;geboortedatum"
        ";data urodzenia".split(_SPLIT)
    ),
}
_VALUES: Final = {
    Kind.NAME: re.compile(rf"{CAPITALISED}(?:[ -](?:[a-zà-ÿ']{{1,5}} )?{CAPITALISED}){{0,4}}"),
    Kind.PHONE: re.compile(r"\+?\(?[0-9](?:[ ./()-]{0,2}[0-9]){6,14}"),
    Kind.BIRTH_DATE: re.compile(r"[0-9A-Za-zÀ-ÿ][0-9A-Za-zÀ-ÿ ./,-]{5,34}"),
}
_LONGEST_LINE: Final = 400
"""Code points of a line that may be a head."""
_SIGNS: Final = "|\t;,"
_RULE_LINE: Final = re.compile(r"[\s|:-]+")
_PADDING: Final = " \"'"


def columns(reading: Reading, wanted: Kind) -> Iterator[Hit]:
    """The values below heads of that kind, as long as the lines have as many fields."""
    text, heads = reading.text, _HEADS[wanted]
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end] if end - start <= _LONGEST_LINE else ""
        start = end + 1
        sign = next((each for each in _SIGNS if each in line), "")
        if not sign:
            continue
        fields = line.split(sign)
        at = [number for number, field in enumerate(fields) if field.strip(_PADDING).casefold() in heads]
        if at:
            start = max(start, (yield from _below(text, end, (sign, len(fields), at), wanted)))


def _below(
    text: str, start: int, shape: tuple[str, int, list[int]], wanted: Kind
) -> Generator[Hit, None, int]:
    """The hits of the rows, also of a last one that has only begun; returns where they end."""
    sign, size, numbers = shape
    never, form = word_list("not_names"), _VALUES[wanted]
    while start < len(text):
        begin = start + 1
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        row = text[begin:end]
        fields = row.split(sign)
        is_begun = end == len(text) and len(fields) < size
        if len(fields) != size and not is_begun:
            break
        start = end
        if _RULE_LINE.fullmatch(row):
            continue
        for number in (each for each in numbers if each < len(fields)):
            field = fields[number]
            value = field.strip(_PADDING)
            if form.fullmatch(value) and value not in never:
                at = begin + sum(len(each) + 1 for each in fields[:number]) + field.index(value)
                yield wanted, at, at + len(value), value.casefold(), "column", Certainty.TOLD
    return start
