"""What a person is told in the language they asked in, before any model speaks. Pure."""

from collections.abc import Sequence
from typing import Final

from apps.knowledge.language import detect_language

_ENGLISH: Final = "I found nothing about this in the documents."
_NOTHING_FOUND: Final = {
    "en": _ENGLISH,
    "de": "Dazu habe ich in den Dokumenten nichts gefunden.",
    "fr": "Je n’ai rien trouvé à ce sujet dans les documents.",  # noqa: RUF001 (French)
    "es": "No he encontrado nada sobre esto en los documentos.",
    "it": "Non ho trovato nulla su questo nei documenti.",
    "pt": "Não encontrei nada sobre isto nos documentos.",
    "nl": "Ik heb hierover niets gevonden in de documenten.",
    "sv": "Jag hittade ingenting om detta i dokumenten.",
    "da": "Jeg fandt intet om dette i dokumenterne.",
    "no": "Jeg fant ingenting om dette i dokumentene.",
    "fi": "En löytänyt asiakirjoista mitään tästä.",
    "pl": "Nie znalazłem nic na ten temat w dokumentach.",
    "cs": "V dokumentech jsem o tom nic nenašel.",
    "ro": "Nu am găsit nimic despre acest lucru în documente.",
    "hu": "Nem találtam erről semmit a dokumentumokban.",
    "tr": "Belgelerde bununla ilgili bir şey bulamadım.",  # noqa: RUF001 (Turkish)
    "ru": "В документах об этом ничего не найдено.",  # noqa: RUF001 (Russian)
    "uk": "У документах про це нічого не знайдено.",  # noqa: RUF001 (Ukrainian)
    "el": "Δεν βρήκα τίποτα σχετικό στα έγγραφα.",
    "ar": "لم أجد شيئًا عن هذا في المستندات.",
    "he": "לא מצאתי על כך דבר במסמכים.",
    "fa": "در اسناد چیزی در این باره پیدا نکردم.",
    "hi": "मुझे दस्तावेज़ों में इस बारे में कुछ नहीं मिला।",
    "th": "ฉันไม่พบข้อมูลเรื่องนี้ในเอกสาร",
    "zh": "我在文档中没有找到与此相关的内容。",
    "ja": "文書の中に、これに関する記載は見つかりませんでした。",
    "ko": "문서에서 이에 관한 내용을 찾지 못했습니다.",
}

_ENGLISH_MISSING: Final = "What comes nearest does not mention: {words}."
_MISSING: Final = {
    "en": _ENGLISH_MISSING,
    "de": "Was dem am nächsten kommt, erwähnt nicht: {words}.",
    "fr": "Ce qui s’en rapproche le plus ne mentionne pas : {words}.",  # noqa: RUF001 (French)
    "es": "Lo que más se acerca no menciona: {words}.",
    "it": "Ciò che più si avvicina non menziona: {words}.",
    "pt": "O que mais se aproxima não menciona: {words}.",
    "nl": "Wat er het dichtst bij komt, noemt niet: {words}.",
    "sv": "Det som ligger närmast nämner inte: {words}.",
    "da": "Det, der kommer nærmest, nævner ikke: {words}.",
    "no": "Det som kommer nærmest, nevner ikke: {words}.",
    "fi": "Lähimmäksi osuva teksti ei mainitse: {words}.",
    "pl": "Najbliższe fragmenty nie wspominają o: {words}.",
    "cs": "To, co je tomu nejblíže, neobsahuje: {words}.",
    "ro": "Ce se apropie cel mai mult nu menționează: {words}.",
    "hu": "Ami a legközelebb áll ehhez, nem említi: {words}.",
    "tr": "En yakın metinlerde geçmeyen: {words}.",  # noqa: RUF001 (Turkish)
    "ru": "В самом близком не упоминается: {words}.",  # noqa: RUF001 (Russian)
    "uk": "У найближчому не згадується: {words}.",  # noqa: RUF001 (Ukrainian)
    "el": "Τα πλησιέστερα κείμενα δεν αναφέρουν: {words}.",  # noqa: RUF001 (Greek)
    "ar": "أقرب ما وُجد لا يذكر: {words}.",
    "he": "הקרוב ביותר אינו מזכיר: {words}.",
    "fa": "نزدیک‌ترین متن‌ها این را ذکر نمی‌کنند: {words}.",  # noqa: RUF001 (Persian)
    "hi": "निकटतम अंशों में इसका उल्लेख नहीं है: {words}.",
}


def not_mentioned(question: str, words: Sequence[str]) -> str:
    """One sentence that names the question's words that nothing near it says; in its language or English."""
    sentence = _MISSING.get(detect_language(question) or "", _ENGLISH_MISSING)
    return sentence.format(words=", ".join(words))


def nothing_found(question: str) -> str:
    """One sentence that nothing usable was found, in the question's language, else in English."""
    return _NOTHING_FOUND.get(detect_language(question) or "", _ENGLISH)
