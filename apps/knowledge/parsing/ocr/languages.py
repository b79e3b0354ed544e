"""The languages that pictures of text are read in, and who reads them (docs/adr/0028).

PP-OCR reads Latin letters, Chinese and Japanese in one model. All else is read by Tesseract, which has a pack
of weights for each language; so are Vietnamese, whose marks PP-OCR does not know, and Turkish, whose marks it
loses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AUTOMATIC: Final = "auto"
"""No choice: found out for each page."""

_LATIN: Final = "Latin"
_FROM_RIGHT: Final = frozenset({"Arabic", "Hebrew"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its ISO 639-1 code. `pack` names Tesseract's weights; "" where PP-OCR reads it.

    The first language of a script stands for the others when the script is sought; `signs` are letters that
    tell it from them.
    """

    code: str
    name: str
    script: str = _LATIN
    pack: str = ""
    signs: str = ""

    @property
    def is_from_right(self) -> bool:
        """Whether lines begin at the right."""
        return self.script in _FROM_RIGHT

    @property
    def is_latin(self) -> bool:
        return self.script == _LATIN


# There is no pack of Russian in the registry: Kyrgyz is written with all of its letters and reads it as well.
_ALL = (
    Language("sq", "Albanian"),
    Language("ar", "Arabic", "Arabic", "ara"),
    Language("hy", "Armenian", "Armenian", "hye"),
    Language("bn", "Bengali", "Bengali", "ben"),
    Language("ca", "Catalan"),
    Language("zh", "Chinese", "Han"),
    Language("hr", "Croatian"),
    Language("cs", "Czech"),
    Language("da", "Danish"),
    Language("nl", "Dutch"),
    Language("en", "English"),
    Language("et", "Estonian"),
    Language("fi", "Finnish"),
    Language("fr", "French"),
    Language("ka", "Georgian", "Georgian", "kat"),
    Language("de", "German"),
    Language("el", "Greek", "Greek", "ell"),
    Language("he", "Hebrew", "Hebrew", "heb"),
    Language("hi", "Hindi", "Devanagari", "hin"),
    Language("hu", "Hungarian"),
    Language("is", "Icelandic"),
    Language("id", "Indonesian"),
    Language("it", "Italian"),
    Language("ja", "Japanese", "Han"),
    Language("ko", "Korean", "Hangul", "kor"),
    Language("lv", "Latvian"),
    Language("lt", "Lithuanian"),
    Language("no", "Norwegian"),
    Language("fa", "Persian", "Arabic", "fas", "پچژگ"),
    Language("pl", "Polish"),
    Language("pt", "Portuguese"),
    Language("ro", "Romanian"),
    Language("ru", "Russian", "Cyrillic", "kir", "ыэё"),
    Language("bg", "Bulgarian", "Cyrillic", "bul", "ъ"),
    Language("sr", "Serbian", "Cyrillic", "srp", "јљњћђџ"),
    Language("sk", "Slovak"),
    Language("sl", "Slovenian"),
    Language("es", "Spanish"),
    Language("sw", "Swahili"),
    Language("sv", "Swedish"),
    Language("tl", "Tagalog"),
    Language("ta", "Tamil", "Tamil", "tam"),
    Language("th", "Thai", "Thai", "tha"),
    Language("tr", "Turkish", pack="tur"),
    Language("uk", "Ukrainian", "Cyrillic", "ukr", "іїєґ"),
    Language("ur", "Urdu", "Arabic", "urd", "ٹڈڑںےہھ"),
    Language("vi", "Vietnamese", pack="vie"),
)

LANGUAGES: Final = {language.code: language for language in _ALL}

CHOICES: Final = (
    (AUTOMATIC, "Automatic"),
    *sorted(((language.code, language.name) for language in _ALL), key=lambda choice: choice[1]),
)
