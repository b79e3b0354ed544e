"""Which language a text is in: by its script, then by its commonest words. No model, no download."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection

_SAMPLE = 4000
# One letter beside a figure, a hyphen or behind an apostrophe ("10-K", "e-mail", "Calder's") is no word.
_WORD = re.compile(r"[^\W\d_]{2,}|(?<![-'\u2019.\w])[^\W\d_](?![-.\w])")
_MIN_WORDS_SHARE = 0.06
_MAX_REPEATS = 2
_SMALL_SHARE = 0.15
_LONG = 40
_MIN_ENGLISH_SHARE = 0.1
_EXPECTED = 1.4

UNKNOWN = "und"
"""ISO 639-2's code where a text of some length is in no language that is told apart here."""

# Function words, so common that a sentence or two holds some of them. They also carry no meaning of their
# own, which the alignment of claims with passages uses.
_COMMON = {
    "en": (
        "the of and to in a is that for it as was with be by on not he his but at are this have from or "
        "had an they which one you were all her she there would their we him been has when who will no "
        "more if out so what up its about than into them can only other time some could these two may "
        "then do any my now such our over does did how where why i me your us should must also include "
        "includes between while during each under whose whom without until because"
    ),
    "de": (
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an "
        "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war "
        "haben nur oder aber vor zur bis mehr durch man dann soll sein wenn kann ich wir ihr was welche "
        "welcher welches wo wer wann warum muss müssen können sollte dieser diese dieses pro je ihre "
        "unser unsere ihren seine uns ihm ihn ihnen welchem welchen wen wem wessen warum wieso weshalb woher "
        "wohin womit wodurch wofür wogegen worin woran worauf worüber wovon wozu wobei wonach oft viele "
        "einige manche wurde wurden hatte hatten heißt bedeutet ohne gegen unter zwischen während seit"
    ),
    "fr": (
        "le la les de des du un une et à il elle que qui dans en pour pas ne sur se plus par je avec tout "
        "faire son sa ses mais on nous vous ils elles ce cette ces ou au aux est sont été être avoir leur "
        "leurs y dont où comme si sans peut doit quel quelle quels quelles combien l d c n s qu quand "
        "pourquoi comment quoi était étaient entre pendant chez leurs depuis"
    ),
    "es": (
        "el la los las de que y a en un una ser se no haber por con su para como estar tener le lo todo "
        "pero más hacer o poder decir este esta estos estas es son fue del al muy sin sobre entre cuando "
        "también hasta hay donde quien desde nos ni contra ese eso qué cuál cuánto cómo dónde sus debe "
        "pueden cuáles cuánta cuántos cuántas cuándo quién quiénes"
    ),
    "it": (
        "il lo la i gli le di che e è un una per in non con del della dei delle da si al alla come più "
        "anche ma ci sono questo questa nel nella su se o ha hanno essere stato suo sua loro dove quando "
        "chi cosa quanto quale deve può tra fra degli agli l dell all ogni "
        "quali quanti quante perché dov cos senza durante"
    ),
    "pt": (
        "o a os as de que e do da em um uma para com não por mais dos das como mas ao ele ela se na no "
        "nos nas foi são está seu sua ou quando muito já também só pelo pela até isso entre era depois "
        "sem mesmo aos ter seus quem qual quanto onde você deve pode é às quais quantos "
        "quantas porque"
    ),
    "nl": (
        "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij uit door "
        "naar heeft hij ze wordt worden kan nog of die dit deze was werd over tot je ik we wij u zal moet "
        "wat waar wie hoe welke geen meer uw hun tussen na al waarom wanneer hoeveel welk wiens "
        "zonder tijdens"
    ),
    "sv": (
        "och i att det som en på är av för med till den har de inte om ett han men var jag från vi så kan "
        "när år under också efter eller nu sin där vid mot ska skulle hur vad vilka måste ni"
    ),
    "da": (
        "og i at det er en til på som med de af for den ikke har der et han men om var jeg fra vi så kan "
        "når eller efter også ved mod skal skulle hvad hvor hvilke må bliver blev sig nogle være"
    ),
    "no": (
        "og i det er en til på som med de av for den ikke har et han men om var jeg fra vi så kan når "
        "eller etter også ved mot skal skulle hva hvor hvilke må blir ble seg noen være fram"
    ),
    "fi": (
        "ja on ei se että hän oli mutta ovat kun niin myös tai jos mitä joka jotka ole sen olla kuin vain "
        "voi siitä tämä mikä missä miten kuinka"
    ),
    "pl": (
        "i w na z do się nie jest to że o jak za od po co tak przez dla przy ale był są oraz tym jego czy "
        "już tylko może które który która ile gdzie kto kiedy jaki jaka jakie dlaczego"
    ),
    "cs": (
        "a v na se je že o s z do i to k ve pro za by ale jak po jsou od jako které která který není může "
        "co kde kolik nebo byl jeho"
    ),
    "ro": (
        "și în de la a cu pe nu este o un se care din mai că pentru sunt ca au fost să sau prin lui dar "
        "ce unde câte care trebuie"
    ),
    "hu": (
        "a az és hogy nem is egy van ez de meg csak volt már mint ha vagy kell lehet mi ki hol mely azt ezt"
    ),
    "vi": (
        "và của là có trong được cho các với những một đã không từ khi này người ở để theo về như đến ra "
        "cũng bị "
        "vào năm trên hay gì nào bao nhiêu ai đâu sao tại do bởi đó thì mà phải nhưng"
    ),
    "id": (
        "yang dan di dari untuk dengan pada ini itu dalam tidak adalah akan oleh ke sebagai juga telah atau "
        "karena dapat lebih bisa ada mereka apa siapa bagaimana kapan berapa mana"
    ),
    "ca": (
        "el la els les de i que a en un una per amb no és del dels al als es va més com però són aquest "
        "aquesta "
        "quin quina on qui quan quants ser ha"
    ),
    "hr": (
        "i u je se na da su za od s o kao koji koja koje ne iz ili bio je bila bilo nije su što tko gdje "
        "kada kako "
        "koliko ali te samo prema"
    ),
    "sk": (
        "a v sa na je že o s z do aj k vo pre za by ale ako po sú od ktorý ktorá ktoré nie bol bola bolo "
        "čo kde "
        "kto kedy koľko alebo jeho ich"
    ),
    "sl": (
        "in je v se na da so za od s z ki kot ne tudi iz bil bila ali po pri kaj kdo kje kdaj kako koliko ter"
    ),
    "et": "ja on ei et oli see ka kui mis kes oma või aga ning tema selle välja kus millal kuidas mitu palju",
    "lt": "ir yra į iš kad su buvo tai kaip bet apie po už ar jis kas kur kada kiek kuris kuri jo nuo iki",
    "lv": "un ir no ar par uz kas kā bet tas bija arī pēc vai pie kur kad cik kurš kura tika gan",
    "is": "og að í er á sem til við var um með af fyrir ekki það hann en frá hvað hver hvar hvenær hve",
    "sq": "dhe të e në i një për që me nga është u më së ka si por janë ishte kjo ky çfarë kush ku kur sa",
    "sw": (
        "na ya wa kwa ni katika za la cha kama hii hiyo au ili kutoka yake pia nini nani wapi lini gani ngapi"
    ),
    "tl": (
        "ang ng sa na mga ay at si ni para kung hindi may ito siya nang kay ano sino saan kailan paano ilan"
    ),
    "tr": (
        "ve bir bu da de için ile çok olarak daha ne gibi olan kadar var sonra her en mi ya ama değil "
        "nasıl nerede"  # noqa: RUF001 (Turkish)
    ),
}

# Letters that one language writes and its neighbours do not, for short questions without a function word.
_LETTERS = {
    "de": "äöüß", "fr": "œçèêëîïûù", "es": "ñ¿¡", "it": "ìò", "pt": "ãõç", "sv": "åäö", "da": "æøå",
    "no": "æøå", "fi": "äö", "pl": "ąęłńśźż", "cs": "ěřůčšž", "ro": "ășț", "hu": "őűöü", "tr": "ğışçöü",
    "hr": "čćđšž", "sk": "čšžľĺŕô", "sl": "čšž", "et": "õäöü", "ca": "çïŀ",
    "vi": "ơưăđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", "lv": "āēīūģķļņ", "lt": "ąęėįųūšž", "is": "þð",
}  # fmt: skip
_LETTER_WEIGHT = 0.3

# The article and the like of one language is often a letter in another, so a word counts by how few share it.
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _COMMON.items():
    for _word in _words.split():
        _LANGUAGES_OF.setdefault(_word, []).append(_language)

FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), 0.1),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"), 0.3),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]"), 0.3),
    ("th", re.compile(r"[\u0e00-\u0e7f]"), 0.3),
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"), 0.4),
    ("ru", re.compile(r"[\u0400-\u04ff]"), 0.4),
    ("el", re.compile(r"[\u0370-\u03ff]"), 0.4),
    ("he", re.compile(r"[\u0590-\u05ff]"), 0.4),
    ("hi", re.compile(r"[\u0900-\u097f]"), 0.4),
    ("ta", re.compile(r"[\u0b80-\u0bff]"), 0.4),
    ("hy", re.compile(r"[\u0530-\u058f]"), 0.4),
    ("bn", re.compile(r"[\u0980-\u09ff]"), 0.4),
    ("pa", re.compile(r"[\u0a00-\u0a7f]"), 0.4),
    ("gu", re.compile(r"[\u0a80-\u0aff]"), 0.4),
    ("or", re.compile(r"[\u0b00-\u0b7f]"), 0.4),
    ("te", re.compile(r"[\u0c00-\u0c7f]"), 0.4),
    ("kn", re.compile(r"[\u0c80-\u0cff]"), 0.4),
    ("ml", re.compile(r"[\u0d00-\u0d7f]"), 0.4),
    ("si", re.compile(r"[\u0d80-\u0dff]"), 0.4),
    ("lo", re.compile(r"[\u0e80-\u0eff]"), 0.3),
    ("my", re.compile(r"[\u1000-\u109f]"), 0.3),
    ("ka", re.compile(r"[\u10a0-\u10ff]"), 0.4),
    ("am", re.compile(r"[\u1200-\u137f]"), 0.4),
    ("km", re.compile(r"[\u1780-\u17ff]"), 0.3),
)
# Neighbours that share a script; what a short text lacks of its letters is told by what is expected.
_NEIGHBOURS = {"ar": ("fa", "ur"), "ru": ("uk", "sr", "bg"), "hi": ("mr", "ne")}
_PERSIAN = re.compile("[پچژگ]")
_MIN_PERSIAN = 0.01
_SERBIAN = re.compile("[јљњћџђ]")
_UKRAINIAN = re.compile("[іїєґ]")


def detect_language(text: str, expected: Collection[str | None] = ()) -> str | None:
    """ISO 639-1 code of the text's main language; None where nothing speaks for one (a number, a name).

    UNKNOWN for a text of 40 words and more that is in none of the languages below.
    `expected`, those of the texts that a question is asked of, decide where it tells little: "Was" begins
    German and English questions.
    """
    sample = text[:_SAMPLE].lower()
    letters = sum(character.isalpha() for character in sample)
    if not letters:
        return None
    return (
        _by_script(sample, letters, expected, by_share=True)
        or _by_words(sample, expected)
        or _by_script(sample, letters, expected, by_share=False)
    )


def _by_script(sample: str, letters: int, expected: Collection[str | None], *, by_share: bool) -> str | None:
    """The language whose script has a large share; else, between names of another script, a small one."""
    for language, script, share in _SCRIPTS:
        count = len(script.findall(sample))
        if count > letters * (share if by_share else _SMALL_SHARE):
            found = _variant(language, sample, count)
            near = (
                [] if found in expected else [code for code in _NEIGHBOURS.get(found, ()) if code in expected]
            )
            return near[0] if near else found
    return None


def _variant(language: str, sample: str, count: int) -> str:
    if language == "ar" and len(_PERSIAN.findall(sample)) > count * _MIN_PERSIAN:
        return "fa"
    if language == "ru" and _UKRAINIAN.search(sample):
        return "uk"
    if language == "ru" and _SERBIAN.search(sample):
        return "sr"
    return language


def _by_words(sample: str, expected: Collection[str | None]) -> str | None:
    """Many different function words speak louder than one that is repeated, as in names ("Los Angeles")."""
    counts = Counter(_WORD.findall(sample))
    scores: dict[str, float] = defaultdict(float)
    hits: Counter[str] = Counter()
    for word, count in counts.items():
        languages = _LANGUAGES_OF.get(word, ())
        for language in languages:
            scores[language] += min(count, _MAX_REPEATS) / len(languages)
            hits[language] += count
    for language, letters in _LETTERS.items():
        if found := len(set(letters) & set(sample)):
            scores[language] += _LETTER_WEIGHT * found
            hits[language] += 1
    for language in scores.keys() & expected:
        scores[language] *= _EXPECTED
    words = counts.total()
    nothing = UNKNOWN if words >= _LONG else None
    if not scores:
        return nothing
    language = max(scores, key=lambda code: (round(scores[code], 3), code in expected, code == "en"))
    share = _MIN_ENGLISH_SHARE if language == "en" and words >= _LONG else _MIN_WORDS_SHARE
    return language if hits[language] >= words * share else nothing
