"""Whether a question stands alone, by its words, and what to search for where it does not. Pure.

Where in doubt it does not: asking a model once too often costs little, a search for "and in Germany?" finds
nothing.
"""

# ruff: noqa: RUF001 - words in Cyrillic, Greek and Hebrew look like Latin ones
from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.pointing import legible, pointers_of
from apps.knowledge.support import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_WORDS: Final = 2
FEWEST_CHARACTERS: Final = 8
LONGEST: Final = 400
GROUNDED: Final = 0.75
KEPT: Final = 0.5
_UNSPACED: Final = frozenset({"zh", "ja", "ko", "th"})
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_OPENINGS: Final = {
    "en": "and|or|but|also|so|then|same|what about|how about|why not|why|what else|which ones?",
    "de": "und|oder|aber|auch|dann|was ist mit|wie ist es|wie sieht es|welche davon|warum nicht|warum",
    "fr": "et|ou|mais|aussi|alors|qu'en est-il|pourquoi pas",
    "es": "y|o|pero|tambi[eé]n|entonces|qu[eé] pasa con|y qu[eé]",
    "it": "e|o|ma|anche|allora|che ne",
    "pt": "e|ou|mas|tamb[eé]m|ent[aã]o",
    "nl": "en|of|maar|ook|dan|hoe zit",
    "sv": "och|eller|men|ocks[aå]|hur är det med",
    "da": "og|eller|men|ogs[aå]|hvad med",
    "no": "og|eller|men|ogs[aå]|hva med",
    "fi": "ja|tai|mutta|entä",
    "pl": "a|i|ale|lub|oraz|a co",
    "tr": "ve|veya|ama|peki|ya",
    "ru": "и|а|но|или|тоже|также|как насчет",
    "uk": "і|а|але|або|також",
    "el": "και|ή|αλλά",
    "ar": "و|أو|لكن|وماذا|وهل|ماذا عن",
    "he": "ו|או|אבל|ומה",
}
_REFERRING: Final = {
    "en": "it|its|they|them|theirs?|those|these|this|he|she|him|his|hers?|ones?|there|former|latter|"
    "that(?=[?.! ]*$)|that (?:one|case|rule|also|too)",
    "de": "er|sie|ihn|ihm|ihnen|ihre[mnrs]?|deren|dessen|diese[mnrs]?|jene[mnrs]?|davon|dafür|damit|darüber|"
    "dazu|dabei|daran|darauf|dagegen|dort|hierfür|letztere[nrs]?|das(?=[?.! ]*$)",
    "fr": "elles?|ils|lui|leurs?|cela|ça|celui|celles?|ceux|là|celui-ci|celle-ci",
    "es": "eso|esto|es[ao]s?|ellos?|ellas?|él|allí|aquel(?:la|lo)?s?",
    "it": "quest[aoie]|quell[aoie]|esso|essi|esse|ciò|lei|loro",
    "pt": "isso|isto|ele|ela|eles|elas|ess[ae]s?|aquilo|lá",
    "nl": "dit|deze|hij|zij|ze|hun|daarvan|daarvoor|ervan|ervoor|daar|dat(?=[?.! ]*$)",
    "sv": "den|det|denna|detta|dessa|de|dem|där",
    "da": "den|det|denne|dette|disse|de|dem|der",
    "no": "den|det|denne|dette|disse|de|dem|der",
    "fi": "se|sen|siitä|ne|niiden|tämä|tämän|nämä",
    "pl": "to|tego|tym|ten|ta|te|tych|jego|jej|ich|tam",
    "tr": "bu|bunu|bunun|o|onu|onun|onlar|orada",
    "ru": "это|этот|эта|эти|этого|этом|они|он|она|его|её|ее|их|ему|им|там|тот|та|те",
    "uk": "це|цей|ця|ці|цього|вони|він|вона|його|її|їх|там",
    "el": "αυτό|αυτός|αυτή|αυτά|εκεί|του|της|τους",
    "ar": "هذا|هذه|ذلك|تلك|هو|هي|هم|هناك",
    "he": "זה|זאת|הוא|היא|הם|שם",
}
_UNSPACED_REFERRING: Final = re.compile(
    r"[\u5b83\u4ed6\u5979\u90a3\u8fd9\u9019\u5176]|\u5462[?\uff1f]?$|それ|これ|その|この|あれ|では|彼|そこ|그것|이것|그럼|거기"
)
_EMPTY: Final = re.compile(
    r"(?<=\w )(?:Sie|Ihnen|Ihre[mnrs]?)\b|(?i:\b(?:(?:is|are|was|were|be) there|there (?:is|are|was|were)|"
    r"(?:is|was|would) it (?:true|possible|allowed|necessary|ok|okay|mandatory|legal|required)|"
    r"does it take to)\b)"
)
"""Words of the same spelling that refer to nothing: "is there", and German's polite ones, written large."""
_MARKS: Final = " \"'*_`#>\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_LABEL: Final = re.compile(r"^(?:[\w -]{0,24}question|query|search|frage|pregunta)\s*:\s*", re.IGNORECASE)


def stands_alone(question: str, before: str = "") -> bool:
    """Whether the question says by itself what it asks about; `before` is the one before it."""
    text = question.strip().replace("\u2019", "'")
    language = detect_language(f"{before}\n{text}") or "en"
    if language in _UNSPACED:
        return not _UNSPACED_REFERRING.search(text) and (
            len(text) >= FEWEST_CHARACTERS or bool(pointers_of(text))
        )
    if _refers(text, language):
        return False
    if pointers_of(text):
        return True
    dull = FUNCTION_WORDS.get(language, frozenset())
    return sum(word.lower() not in dull for word in _WORD.findall(text)) >= FEWEST_WORDS


def _refers(text: str, language: str) -> bool:
    """Whether it goes on from what was said, or names it by "it" and its like."""
    opening, referring = _patterns(language)
    return bool(opening.match(text) or referring.search(_EMPTY.sub("", text)))


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    known = language if language in _OPENINGS else "en"
    return (
        re.compile(rf"[\W_]*(?:{_OPENINGS[known]})\b", re.IGNORECASE),
        re.compile(rf"\b(?:{_REFERRING[known]})\b", re.IGNORECASE),
    )


def led(question: str, before: str) -> str:
    """The question with the one before it: what to search for where nobody says it in other words."""
    return f"{before.strip()}\n{question.strip()}" if before.strip() else question.strip()


def told_alone(said: str, question: str, conversation: Sequence[str]) -> str:
    """The question in a model's words; empty where these are none that may be searched for.

    They keep what the question points at and half of its words, and say little that neither it nor the
    conversation says: a small model likes to answer, or to copy.
    """
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    text = _LABEL.sub("", line.strip(_MARKS)).strip(_MARKS)
    if not text or len(text) > max(LONGEST, 2 * len(question)) or _repeats(text, conversation):
        return ""
    read = {text: legible(text)}
    if any(not pointer.among(read) for pointer in pointers_of(question)):
        return ""
    language = detect_language(question, (detect_language(text),))
    told, asked = _words(text, language), _words(question, language)
    known = asked.union(*(_words(turn, language) for turn in conversation))
    is_grounded = len(told & known) >= GROUNDED * len(told)
    return text if is_grounded and len(asked & told) >= KEPT * len(asked) else ""


def _repeats(text: str, conversation: Sequence[str]) -> bool:
    """Whether somebody has said it in these words already."""
    plain = " ".join(text.lower().split())
    return any(plain in " ".join(turn.lower().split()) for turn in conversation)


def _words(text: str, language: str | None) -> frozenset[str]:
    """What a text is about: stems and numbers without function words; pairs of characters where none are."""
    if language in _UNSPACED:
        plain = "".join(_WORD.findall(text.lower()))
        return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))
    words = words_of(text, language)
    return frozenset(words.stems) | frozenset(words.numbers)
