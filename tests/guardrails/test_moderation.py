"""Rules that ask a model: what it is asked, what follows from its answer, and from none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.guardrails.moderation import CATEGORIES, categories_in
from tests.guardrails.policies import MAIL, WORDS, policy_make, rule
from tests.guardrails.test_gateway import asked, noted, run_make
from tests.llm.conftest import Connected, Said, ledger
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, routing_on

Say = Callable[..., Said]
FOUND = '{"categories": ["violence", "hate/threatening"]}'
NOTHING = '```json\n{"categories": []}\n```'


def asking(connected: Connected, routing: Routing, action: str = "block", **changes: Any) -> dict[str, Any]:
    """A rule that asks the model `judge`, which calls everything with “bomb” violence."""
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    def judge(asked: Asked) -> Answer:
        said = FOUND if "bomb" in str(asked.body["messages"][-1]) else NOTHING
        return Answer(texts=(said,))

    slug = routing.model("judge", judge)
    with tenant_scope(connected.cast.acme.id):
        model = Model.objects.get(slug=slug)
    settings = {"model_id": str(model.pk), "categories": ["violence"]} | changes.pop("moderation", {})
    return rule(action, kinds=(), moderation=settings, **changes)


@pytest.fixture
def routing(connected: Connected) -> Any:
    with routing_on(connected) as found:
        yield found


def purposes(connected: Connected) -> list[tuple[str, str]]:
    return sorted((row.purpose, row.model_slug) for row in ledger(connected))


def test_what_the_model_finds_is_blocked_and_all_else_passes(
    connected: Connected, say: Say, routing: Routing
) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    policy_make(connected.cast, asking(connected, routing), rule("mask"))
    assert say(request=asked(f"Bake a cake for {MAIL}")).text == "I am big-model."
    sent = connected.host.asked[0].body
    assert sent["model"] == "judge"
    assert sent["response_format"]["json_schema"]["name"] == "moderation"
    assert "Bake a cake for [EMAIL_1]" in sent["messages"][-1]["content"]
    assert MAIL not in str([each.body for each in connected.host.asked])
    refused = say(request=asked("Build a bomb"))
    assert isinstance(refused.error, GuardrailRefusedError)
    assert refused.error.message == WORDS
    assert routing.asked == ["judge", "big-model", "judge"]
    assert purposes(connected) == [("moderation", "judge")] * 2 + [("reply", "big-model")]
    assert ("block", "blocked", {"moderation": 1}, False) in noted(connected, 2)


@pytest.mark.parametrize(
    ("action", "on_failure", "passes"),
    [("block", "", False), ("log", "", True), ("block", "pass", True), ("log", "block", False)],
)
def test_a_model_that_can_not_say_blocks_or_lets_pass_as_was_chosen(
    connected: Connected, say: Say, routing: Routing, action: str, on_failure: str, passes: bool
) -> None:
    wanted = asking(connected, routing, action, moderation={"on_failure": on_failure})
    routing.scripts["judge"] = Answer(texts=("I will not say.",))
    policy_make(connected.cast, wanted)
    said = say(request=asked("Hello"))
    assert (said.error is None) is passes
    assert passes or "could not be checked" in str(said.error)
    outcome = "unchecked" if passes else "blocked"
    assert noted(connected) == [(action, outcome, {"moderation": 1}, False)]


def test_a_model_that_is_too_slow_or_not_cleared_can_not_say(
    connected: Connected, say: Say, routing: Routing
) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    hold = threading.Event()
    wanted = asking(connected, routing, moderation={"seconds": 1})
    routing.scripts["judge"] = Answer(texts=(NOTHING,), hold=hold)
    policy_make(connected.cast, wanted)
    try:
        assert "could not be checked" in str(say(request=asked("Hello")).error)
    finally:
        hold.set()
    routing.scripts["judge"] = Answer(texts=(NOTHING,))
    with tenant_scope(connected.cast.acme.id):
        model_clearance_set(
            actor=None, model=Model.objects.get(slug="judge"), wanted=DataClass.PUBLIC, reason="Test"
        )
    before = len(connected.host.asked)
    said = say(request=asked("Hello"), data_class=DataClass.INTERNAL)
    assert "could not be checked" in str(said.error)
    assert len(connected.host.asked) == before


def test_a_host_that_knows_no_schema_is_asked_without_one(
    connected: Connected, say: Say, routing: Routing
) -> None:
    def judge(asked: Asked) -> Answer:
        if "response_format" in asked.body:
            return Answer(status=400, error={"error": {"message": "response_format is not supported"}})
        return Answer(texts=(FOUND,))

    wanted = asking(connected, routing)
    routing.scripts["judge"] = judge
    policy_make(connected.cast, wanted)
    assert str(say(request=asked("Build a bomb")).error) == WORDS


def test_warn_asks_once_for_a_category_and_the_chat_remembers(
    connected: Connected, say: Say, routing: Routing
) -> None:
    from apps.guardrails.policy import GuardrailAskError
    from apps.llm.gateway import RunRef

    policy_make(connected.cast, asking(connected, routing, "warn"))
    chat = uuid4()
    said = say(request=asked("Build a bomb"), conversation_id=chat)
    assert isinstance(said.error, GuardrailAskError)
    assert said.error.data()["findings"] == [
        {"kind": "moderation", "label": "Moderated content", "shown": "Violence"}
    ]
    run = run_make(connected, {"confirmed": list(said.error.rule_ids)})
    agreed = say(request=asked("Build a bomb"), conversation_id=chat, run=RunRef(run.id, run.fence))
    assert agreed.error is None
    assert say(request=asked("Another bomb"), conversation_id=chat).error is None


def test_shadow_asks_and_notes_and_changes_nothing(connected: Connected, say: Say, routing: Routing) -> None:
    policy_make(connected.cast, asking(connected, routing, direction="both"), state="shadow")
    routing.scripts["big-model"] = Answer(texts=("A bomb.",))
    assert say(request=asked("Build a bomb")).text == "A bomb."
    assert sorted(noted(connected, 2)) == [
        ("block", "blocked", {"moderation": 1}, True),
        ("block", "withdrawn", {"moderation": 1}, True),
    ]


@pytest.mark.parametrize("text", ["The bomb. ", "A cake. " * 300 + "And a bomb. " + "More cake. " * 300])
def test_an_answer_is_withdrawn_in_its_course_or_at_its_end(
    connected: Connected, say: Say, routing: Routing, text: str
) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    policy_make(connected.cast, asking(connected, routing, direction="in"))
    pieces = tuple(text[at : at + 500] for at in range(0, len(text), 500))
    routing.scripts["big-model"] = Answer(texts=pieces, pause=0.05)
    said = say(request=asked("Tell me"))
    assert isinstance(said.error, GuardrailRefusedError)
    assert said.error.message == WORDS
    assert said.text
    assert ("block", "withdrawn", {"moderation": 1}, False) in noted(connected)
    assert {row.finish for row in ledger(connected) if row.purpose == "reply"} == {"content_filter"}


def test_vectors_ask_nobody(connected: Connected, routing: Routing) -> None:
    from apps.llm.gateway import Caller, EmbedCall, embed_sync

    policy_make(connected.cast, asking(connected, routing))
    cast, connected.host.answer_for = connected.cast, None
    who = Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)
    assert embed_sync(EmbedCall(who, connected.embedding.pk, ("Build a bomb",))).vectors
    assert [each.path.rpartition("/")[2] for each in connected.host.asked] == ["embeddings"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (FOUND, {"violence", "hate"}),
        (NOTHING, set()),
        ('{"categories": ["sexual/minors", "self-harm/intent", "nonsense"]}', {"sexual_minors", "self_harm"}),
        ("no", None),
        ('{"categories": "violence"}', None),
        ('{"categories": [1]}', None),
    ],
)
def test_an_answer_is_read_or_not_understood(answer: str, wanted: set[str] | None) -> None:
    assert categories_in(answer) == wanted


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": "mask"}, "action"),
        ({"kinds": ["email"]}, "kinds"),
        ({"moderation": {"model_id": str(uuid4()), "categories": []}}, "categories"),
        ({"moderation": {"model_id": str(uuid4()), "categories": ["hate"], "seconds": 99}}, "seconds"),
        ({"moderation": {"model_id": "x", "categories": ["hate"]}}, "moderation"),
    ],
)
def test_a_rule_that_can_not_ask_is_refused(changes: dict[str, Any], field: str) -> None:
    from apps.guardrails.rules import RuleError, read_rule

    asks = {"model_id": str(uuid4()), "categories": list(CATEGORIES)}
    with pytest.raises(RuleError) as refused:
        read_rule(rule("block", kinds=()) | {"moderation": asks} | changes)
    assert refused.value.field == field


def test_a_model_that_only_moderates_is_asked_at_its_own_address(
    connected: Connected, say: Say, routing: Routing
) -> None:
    """OpenAI's shape: no prompt, no schema, categories by the host's names."""
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    asks = asking(connected, routing)
    found = {"hate": False, "violence/graphic": True, "sexual": False}
    verdict = Answer(
        whole={"model": "omni-moderation-1", "results": [{"flagged": True, "categories": found}]}
    )
    slug = routing.model("omni-moderation-latest")
    connected.host.answer_for = None
    connected.host.answers[:] = [verdict]
    with tenant_scope(connected.cast.acme.id):
        asks["moderation"] |= {"model_id": str(Model.objects.get(slug=slug).pk)}
    policy_make(connected.cast, asks)
    assert str(say(request=asked("Build a bomb")).error) == WORDS
    (sent,) = connected.host.asked
    assert sent.path.endswith("/moderations")
    assert set(sent.body) == {"model", "input"}
    assert "Build a bomb" in sent.body["input"]
    (row,) = ledger(connected)
    assert (row.purpose, row.model_answered) == ("moderation", "omni-moderation-1")


def test_the_page_and_the_api_take_and_give_such_a_rule(connected: Connected, routing: Routing) -> None:
    from apps.guardrails.forms import RuleForm
    from apps.guardrails.rules import read_rule
    from apps.tenants.scope import tenant_scope

    asks = asking(connected, routing)
    model_id = asks["moderation"]["model_id"]
    sent = {"name": "Calm", "action": "block", "direction": "both", "moderator": model_id}
    with tenant_scope(connected.cast.acme.id):
        form = RuleForm(sent | {"categories": ["hate", "violence"], "seconds": "5", "on_failure": "pass"})
        assert form.is_valid(), form.errors
        assert form.rule is not None
        assert form.rule.stored()["moderation"] == {
            "model_id": model_id,
            "categories": ["hate", "violence"],
            "seconds": 5,
            "on_failure": "pass",
        }
        shown = RuleForm(rule=read_rule(form.rule.stored()))
        assert shown.initial["moderator"] == model_id
        assert "judge" in str(shown["moderator"])
        assert not RuleForm(sent | {"categories": []}).is_valid()


def test_the_playground_says_which_models_a_call_would_ask_and_what_follows(
    connected: Connected, routing: Routing
) -> None:
    from apps.guardrails.guarding import Guard
    from apps.guardrails.rules import Active, read_rule
    from apps.guardrails.trying import trial_of

    wanted = read_rule(asking(connected, routing))
    assert wanted.moderation is not None
    guard, models = Guard([Active(wanted)]), {str(wanted.moderation.model_id): "Judge"}
    trial = trial_of(guard, [wanted], "Build a bomb", models=models)
    assert trial.result == "unchanged"
    (asks,) = trial.asks
    assert asks.startswith("“block it” would ask Judge about it: Violence. Where it finds any, nothing")
    assert asks.endswith("where it gives no answer within 8 s, nothing passes.")
    (gone,) = trial_of(guard, [wanted], "Build a bomb").asks
    assert gone == "“block it” would ask a model that is off or gone, so that nobody answers: nothing passes."
    mail = read_rule(rule("block"))
    both = Guard([Active(wanted), Active(mail)])
    assert trial_of(both, [wanted, mail], f"A bomb for {MAIL}").asks == ()
