import math
from collections import defaultdict
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5
from zlib import crc32

import pytest

from apps.knowledge.fusion import BALANCED, Candidate, fuse, weights_for
from apps.knowledge.language import detect_language
from apps.knowledge.lexical import DIMENSIONS, document_terms, idf, query_terms, term_hash, terms_of
from bench.lexical_quality import LexicalIndex, load, measure

from .builders import SHARED


def terms(text: str, language: str | None = "en") -> list[str]:
    return [term for term, _ in terms_of(text, language)]


def test_words_are_stemmed_in_their_language() -> None:
    assert terms("The policies were travelled") == ["the", "polici", "were", "travel"]
    assert terms("Die Kündigungsfristen", "de") == terms("die kündigungsfrist", "de")
    assert terms("الكتاب", "ar") == terms("كتاب", "ar")
    assert terms("policies", None) == ["policies"]


def test_identifiers_are_found_whole_and_in_parts() -> None:
    assert terms("SKU-9201") == ["sku", "9201", "=sku9201"]
    assert terms("sku_9201 SKU9201")[2] == terms("sku_9201 SKU9201")[5] == "=sku9201"
    assert terms("getUserName") == ["get", "user", "name", "=getusername"]
    assert terms("10.0.0.1") == ["10", "0", "0", "1", "=10001"]
    assert terms("well-known") == ["well", "known"]


def test_scripts_without_spaces_are_taken_in_pairs() -> None:
    assert terms("检索系统", "zh") == ["检索", "索系", "系统"]
    assert terms("株式会社ABC", "ja") == ["株式", "式会", "会社", "abc"]
    assert terms("字", "zh") == ["字"]


def test_hashes_are_stable_and_fit_a_sparse_vector() -> None:
    assert term_hash("travel") == 238483838
    assert max(document_terms("travel expenses of 2026", "en")) < DIMENSIONS < 1_000_000_000


def test_weights_saturate_and_fall_with_length() -> None:
    one = document_terms("travel", None)[term_hash("travel")]
    norm = 1.2 * (0.25 + 0.75 / 150)
    assert one == pytest.approx(2.2 / (1 + norm))
    assert one < document_terms("travel travel", None)[term_hash("travel")] < 2.2
    assert document_terms("travel " + "other " * 500, None)[term_hash("travel")] < one


def test_question_terms_are_unique_and_may_be_stemmed_for_several_languages() -> None:
    assert query_terms("travel travel costs", "en") == [term_hash("travel"), term_hash("cost")]
    assert set(query_terms("Kosten", "en", "de")) == {term_hash("kosten"), term_hash("kost")}


def test_idf_is_positive_and_falls_with_frequency() -> None:
    assert idf(100, 1) == pytest.approx(math.log(1 + 99.5 / 1.5))
    assert idf(100, 1) > idf(100, 50) > idf(100, 100) > 0
    assert idf(10, 20) > 0


ENGLISH = frozenset({"en"})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many days of leave do I get?", "en"),
        ("Wie viele Tage Urlaub habe ich?", "de"),
        ("Combien de jours de congé ai-je dans l'année ?", "fr"),
        ("¿Cuántos días de vacaciones tengo en el año?", "es"),
        ("Quanti giorni di ferie ho nella mia azienda?", "it"),
        ("Quantos dias de férias eu tenho no ano e como peço?", "pt"),
        ("Hoeveel dagen verlof heb ik en hoe vraag ik het aan?", "nl"),
        ("Сколько дней отпуска?", "ru"),
        ("كم يوما من الإجازة؟", "ar"),
        ("我有多少天假期", "zh"),
        ("休暇は何日ありますか", "ja"),
        ("휴가는 며칠인가요", "ko"),
        ("In welchem Jahr starb Tesla?", "de"),
        ("Wie oft reist Doctor Who alleine?", "de"),
        ("Worauf basiert Victorias Verfassung?", "de"),
        ("What was Müller's first job in Zürich?", "en"),
        ("Pourquoi partir ?", "fr"),
        ("Internet2是什么", "zh"),
        ("أين يقع Energiprojekt AB؟", "ar"),
        ("SKU-9201", None),
        ("12345", None),
    ],
)
def test_language_of_a_short_question(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_what_is_searched_decides_between_equally_likely_languages() -> None:
    assert detect_language("Was umgibt Chloroplasten?") == "en"
    assert detect_language("Was umgibt Chloroplasten?", {"de"}) == "de"
    assert detect_language("Was the handbook written by Bob?", {"de"}) == "en"
    assert detect_language("Note 2 of Calder's 2019 10-K", {"en"}) == "en"
    assert detect_language("Пошук запису контакту", {"uk"}) == "uk"
    assert detect_language("নতুন চুক্তি") == "bn"


def test_names_do_not_decide_the_language() -> None:
    text = "Teams in California include the Los Angeles Rams, Los Angeles Lakers and Los Angeles Dodgers."
    assert detect_language(text) == "en"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("vi", "Đội hình phòng ngự của Panthers chỉ để thua 308 điểm, đứng thứ sáu trong giải đấu."),
        ("id", "Pertahanan tim itu adalah yang terbaik di liga dan mereka hanya kehilangan sedikit angka."),
        ("hr", "Obrana je bila najbolja u ligi, a momčad se vratila u grad koji ih je dočekao."),
        ("sw", "Timu hiyo ilikuwa ya sita katika ligi na wachezaji wake walitoka kwa mji huo."),
        ("hi", "पैंथर्स की रक्षा ने केवल 308 अंक दिए और लीग में छठे स्थान पर रही।"),
        ("ro", "Apărarea echipei a cedat doar 308 puncte și este a șasea în ligă."),
        ("und", "Ekipo defendis tricent poentojn gvidante ligon " * 8),
    ],
)
def test_languages_that_the_embedding_does_not_know_are_not_taken_for_english(
    language: str, text: str
) -> None:
    assert detect_language(text) == language


def test_vowel_signs_belong_to_their_word() -> None:
    assert terms("हिन्दी में", None) == ["हिन्दी", "में"]
    assert terms("தமிழ் மொழி", None) == ["தமிழ்", "மொழி"]


def test_fusion_weighs_meaning_and_words() -> None:
    found = fuse(
        [
            Candidate("a", 0.9, 2.0, "en", known=ENGLISH),
            Candidate("b", 0.5, 10.0, "en", known=ENGLISH),
            Candidate("c", None, 6.0, "en", known=ENGLISH),
        ],
        question_language="en",
    )
    assert [(item.id, round(item.score, 3)) for item in found] == [("a", 0.68), ("b", 0.4), ("c", 0.24)]


def test_cosines_of_a_language_that_the_model_does_not_know_do_not_stretch_the_others() -> None:
    found = fuse(
        [
            Candidate("first", 0.9, None, "en", ENGLISH),
            Candidate("second", 0.5, None, "en", ENGLISH),
            Candidate("noise", 2.0, None, "de", ENGLISH),
        ],
        question_language="en",
    )
    assert [(item.id, item.score) for item in found] == [
        ("first", BALANCED.dense),
        ("noise", 0.0),
        ("second", 0.0),
    ]


def test_embedding_that_does_not_know_the_language_has_no_say() -> None:
    known: list[frozenset[str] | None] = [ENGLISH, None]
    english, multilingual = (
        fuse(
            [
                Candidate("noise", 0.9, 1.0, "de", known=languages),
                Candidate("right", 0.1, 9.0, "de", known=languages),
            ],
            question_language="de",
        )
        for languages in known
    )
    assert [(item.id, round(item.score, 2)) for item in english] == [("right", 1.0), ("noise", 0.11)]
    assert multilingual[0].id == "noise"


def test_weights_by_language() -> None:
    assert weights_for("en", "en", {"en"}).dense == BALANCED.dense
    assert weights_for("en", "de", {"en"}).dense == 0.0
    assert weights_for("de", "en", {"en"}).dense == 0.0
    assert weights_for(None, None, {"en"}).dense == BALANCED.dense


def test_fusion_of_equal_or_missing_scores() -> None:
    assert fuse([], question_language=None) == []
    only = fuse([Candidate("a", None, 3.0)], question_language="en")
    assert (only[0].score, only[0].dense, only[0].lexical) == (0.4, 0.0, 1.0)


@pytest.mark.skipif(not (SHARED / "rag").exists(), reason="the shared retrieval sets are not here")
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("cranfield", 0.376),
        ("xquad/en", 0.965),
        ("xquad/de", 0.940),
        ("xquad/ar", 0.934),
        ("xquad/zh", 0.965),
    ],
)
def test_ranking_reaches_the_reference(name: str, reference: float) -> None:
    folder: Path = SHARED / "rag" / name
    data = load(folder)
    assert measure(data, LexicalIndex(data.documents)).ndcg >= reference - 0.01


class _NoisyIndex(LexicalIndex):
    """Retrieval's own reading, fusion and floor, over words and an embedding that knows only English."""

    def search(self, question: str, limit: int = 10) -> list[tuple[str, float]]:
        from apps.knowledge.candidates import Hit
        from apps.knowledge.embedding import EmbeddingModel
        from apps.knowledge.questions import prepare_query
        from apps.knowledge.ranking import ranking

        asked = prepare_query(question, self.languages)
        weights = {term: idf(self.size, len(self.postings.get(term, ()))) for term in asked.terms}
        scores: dict[str, float] = defaultdict(float)
        for term, weight in weights.items():
            for id_, value in self.postings.get(term, ()):
                scores[id_] += weight * value
        ids = {uuid5(NAMESPACE_OID, id_): id_ for id_ in self.documents}
        language = next(iter(self.languages))
        model = EmbeddingModel(uuid5(NAMESPACE_OID, "noise"), "noise", "noise", ENGLISH)
        hits = [
            Hit(uuid, uuid, 0, language, model.id, crc32(id_.encode()) / 2**32, scores.get(id_))
            for uuid, id_ in ids.items()
        ]
        found = ranking(hits, asked, weights, {model.id: model}).usable
        return [(ids[hit.chunk_id], score) for hit, score in found[:limit]]


@pytest.mark.skipif(not (SHARED / "rag").exists(), reason="the shared retrieval sets are not here")
@pytest.mark.parametrize("name", ["xquad/de", "xquad/ar", "xquad/zh"])
def test_language_that_the_model_does_not_know_ranks_as_well_as_words_alone(name: str) -> None:
    data = load(SHARED / "rag" / name)
    words = measure(data, LexicalIndex(data.documents))
    whole = measure(data, _NoisyIndex(data.documents))
    assert whole.ndcg >= words.ndcg - 0.0005
    assert whole.recall >= words.recall - 0.001
