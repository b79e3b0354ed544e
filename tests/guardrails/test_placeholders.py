"""What goes out masked comes back as it was, however the stream is cut: a property."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.guardrails.classes import DataClass
from apps.guardrails.guarding import Guard, Sent
from apps.guardrails.placeholders import Placeholders, Restorer, Value, in_json, restored
from apps.guardrails.policy import Known
from apps.guardrails.rules import Active, Rule, read_rule

PIECES = st.sampled_from(
    [
        "ana@example.com", "Ana@Example.com", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000",
        "[EMAIL_1]", "EMAIL_1", "[email 1]", "\\[EMAIL\\_1\\]", "[EMAIL_1b]", "[TEXT_1]", "TEXT_2", "IBAN_1",
        "[", "]", "\\", "_1", "EMAIL", "E", "NATIONAL_", " ", "2", "b", "hello ", "é", "\n", "_", "-", ", ",
    ]
)  # fmt: skip
RULE = read_rule({"name": "m", "action": "mask", "kinds": ["email", "iban"]})
GUARD = Guard([Active(RULE)])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.data())
def test_every_split_of_the_stream_gives_the_original_back(text: str, data: st.DataObject) -> None:
    made = GUARD.outgoing(Sent([text]), Known(Placeholders()))
    (sent,) = made.texts
    again = GUARD.outgoing(Sent([sent]), Known(Placeholders()))
    assert not [hit for hit in again.hits if hit.count]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    if made.incoming is None:
        assert sent == text
        return
    said = "".join(made.incoming.feed("text", piece) for piece in pieces) + made.incoming.finish("text")
    assert said == text


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map("".join))
def test_a_later_text_keeps_the_placeholders_of_the_first(first: str, second: str) -> None:
    values = Placeholders()
    one = GUARD.outgoing(Sent([first]), Known(values)).texts[0]
    kept = Placeholders.load(values.dump())
    both = GUARD.outgoing(Sent([first, second]), Known(kept)).texts
    if len(values):
        assert both[0] == one


@pytest.mark.parametrize(
    "said",
    [
        "[EMAIL_1]",
        "[email_1]",
        "[ EMAIL_1 ]",
        "[EMAIL 1]",
        "[Email-1]",
        "\\[EMAIL\\_1\\]",
        "EMAIL_1",
        "EMAIL\\_1",
    ],
)
def test_what_a_model_changed_slightly_is_known_all_the_same(said: str) -> None:
    values = {"EMAIL_1": Value("ana@example.com", DataClass.INTERNAL)}
    assert restored(f"To {said}, now", values) == "To ana@example.com, now"
    for at in range(len(said)):
        restorer = Restorer(values)
        pieces = (f"To {said[:at]}", f"{said[at:]}, now")
        assert "".join(map(restorer.feed, pieces)) + restorer.finish() == "To ana@example.com, now"


@pytest.mark.parametrize("said", ["[EMAIL_2]", "EMAIL_12", "MY_EMAIL_1", "[EMAIL]", "email_1", "[EMAIL_01]"])
def test_what_stands_for_nothing_stays(said: str) -> None:
    assert restored(said, {"EMAIL_1": Value("ana@example.com", DataClass.INTERNAL)}) == said


def test_names_of_two_words_and_json_come_back_whole() -> None:
    values = {"NATIONAL_ID_1": Value('9"1', DataClass.RESTRICTED)}
    assert restored("[National ID 1] and NATIONAL\\_ID\\_1", values) == '9"1 and 9"1'
    restorer = Restorer(values, encode=in_json)
    assert restorer.feed('{"id": "[NATIONAL_ID_1]"}') + restorer.finish() == '{"id": "9\\"1"}'


def test_of_overlapping_findings_nothing_is_left_uncovered() -> None:
    rules = [
        Rule("a", "a", RULE.action, kinds=RULE.kinds),
        read_rule({"name": "b", "action": "mask", "patterns": ["call ana"]}),
    ]
    made = Guard([Active(rule) for rule in rules]).outgoing(
        Sent(["call ana@example.com"]), Known(Placeholders())
    )
    assert "ana" not in made.texts[0]
    assert "call" not in made.texts[0]
