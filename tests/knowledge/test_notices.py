import pytest

from apps.knowledge.language import detect_language
from apps.knowledge.nearest import missing_words
from apps.knowledge.notices import not_mentioned, nothing_found

QUESTIONS = {
    "en": "Who won the chess tournament?",
    "de": "Wer gewann das Schachturnier?",
    "fr": "Qui a gagné le tournoi d’échecs ?",  # noqa: RUF001 (French)
    "es": "¿Quién ganó el torneo de ajedrez?",
    "it": "Chi ha vinto il torneo di scacchi?",
    "pt": "Quem ganhou o torneio de xadrez?",
    "nl": "Wie heeft het schaaktoernooi gewonnen?",
    "ru": "Кто выиграл шахматный турнир?",
    "ar": "من فاز ببطولة الشطرنج؟",
    "zh": "谁赢得了国际象棋比赛？",  # noqa: RUF001 (Chinese)
    "ja": "チェス大会で優勝したのは誰ですか？",  # noqa: RUF001 (Japanese)
    "ko": "체스 대회에서 누가 우승했나요?",
    "pl": "Kto wygrał turniej szachowy?",
    "tr": "Satranç turnuvasını kim kazandı?",  # noqa: RUF001 (Turkish)
}


@pytest.mark.parametrize("language", QUESTIONS)
def test_notice_is_in_the_language_of_the_question(language: str) -> None:
    assert detect_language(nothing_found(QUESTIONS[language])) == language


@pytest.mark.parametrize("question", ["SKU-9201", "", "12345?"])
def test_notice_is_english_where_the_language_is_unknown(question: str) -> None:
    assert nothing_found(question) == "I found nothing about this in the documents."


def test_words_are_missing_that_no_text_holds_in_any_form() -> None:
    texts = ["Parental leave is 26 weeks for each parent.", "Der Elternurlaub dauert 26 Wochen."]
    assert missing_words("How long is leave for grandparents?", texts) == ("long", "grandparents")
    assert missing_words("Combien de semaines pour les parents ?", texts) == ()
    assert missing_words("产假有多长？", ["产假为二十六周。"]) == ()  # noqa: RUF001 (Chinese)


def test_what_is_not_mentioned_is_named_in_the_language_of_the_question() -> None:
    assert not_mentioned(QUESTIONS["de"], ["Schachturnier"]).endswith("erwähnt nicht: Schachturnier.")
    assert not_mentioned("SKU-9201", ["SKU-9201"]).startswith("What comes nearest")
