"""The route by data class, and what clearances leave of every other route. Pure."""

from __future__ import annotations

from uuid import UUID

import pytest

from apps.guardrails.classes import DataClass
from apps.llm.clearances.rules import HOSTED, OWN, Facts, Settings, cleared_for, default_for
from apps.llm.routes.composition import calls
from apps.llm.routes.definitions import ByClass, DefinitionError, Fallback, Ref, refs_of
from apps.llm.routes.forecast import Asked, dry_run
from apps.llm.routes.planning import Node, Offered, Plan
from apps.llm.routes.reading import read
from apps.llm.routes.traits import Traits
from apps.llm.routes.usable import is_usable
from apps.llm.routes.writing import written

HOST, OURS, ROUTE = UUID(int=1), UUID(int=2), UUID(int=9)
MEMBERS = (Ref("model", HOST), Ref("model", OURS))


def plan(definition: ByClass | Fallback) -> Plan:
    models = {
        HOST: Offered(HOST, "host", "Host", "v", cleared_for=DataClass.INTERNAL),
        OURS: Offered(OURS, "ours", "Ours", "v", cleared_for=DataClass.RESTRICTED),
    }
    root = Node(ROUTE, "safe", "Safe", "data_class", definition)
    return Plan(root, {ROUTE: root}, models)


def test_a_definition_is_read_as_it_was_written() -> None:
    stored = {"members": [str(ref) for ref in MEMBERS]}
    definition = read("data_class", stored)
    assert definition == ByClass(MEMBERS)
    assert written(definition) == stored
    assert [ref for _, ref in refs_of(definition)] == list(MEMBERS)
    for wrong in ([], ["model:x"], [str(MEMBERS[0])] * 2):
        with pytest.raises(DefinitionError):
            read("data_class", {"members": wrong})


@pytest.mark.parametrize("definition", [ByClass(MEMBERS), Fallback(MEMBERS)])
def test_what_is_not_cleared_is_as_if_it_were_closed(definition: ByClass | Fallback) -> None:
    whole = plan(definition)
    assert whole.cleared(None) is whole
    assert set(whole.cleared(DataClass.CONFIDENTIAL).models) == {OURS}
    definitions = {ROUTE: definition}
    assert is_usable(Ref("route", ROUTE), definitions, whole.cleared(DataClass.RESTRICTED).models)
    assert not is_usable(Ref("route", ROUTE), {ROUTE: ByClass(MEMBERS[:1])}, {OURS})
    assert calls(Ref("route", ROUTE), definitions) == 2


def test_a_dry_run_minds_the_class_that_each_question_had() -> None:
    asked = [Asked(Traits(10, 9), 5, None, data_class) for data_class in (None, 2, 3, 4)]
    summary = dry_run(plan(ByClass(MEMBERS)), asked)
    assert {pick.models: pick.questions for pick in summary.picked} == {"Host": 2, "Ours": 2}
    assert dry_run(plan(ByClass(MEMBERS[:1])), asked).nobody == 2


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (Facts(is_builtin=True, is_allowed=False), DataClass.RESTRICTED),
        (Facts(is_builtin=False, is_allowed=True), DataClass.RESTRICTED),
        (Facts(False, False, OWN), DataClass.RESTRICTED),
        (Facts(False, True, HOSTED), DataClass.INTERNAL),
        (Facts(False, False), DataClass.INTERNAL),
        (Facts(False, False, region="Frankfurt"), DataClass.INTERNAL),
        (Facts(False, False, contract_note="DPA"), DataClass.INTERNAL),
        (Facts(False, False, region="Frankfurt", contract_note="DPA"), DataClass.CONFIDENTIAL),
    ],
)
def test_the_default_rule(facts: Facts, wanted: DataClass) -> None:
    said = default_for(facts)
    assert (said.data_class, said.basis) == (wanted, "default")
    assert said.why.endswith((".", "DPA"))


def test_a_model_below_its_connection_stays_below_everywhere() -> None:
    provider = Facts(False, False)
    assert cleared_for(provider, Settings(3, None)).basis == "connection"
    assert cleared_for(provider, Settings(3, 1)).data_class == DataClass.PUBLIC
    assert cleared_for(provider, Settings(3, 1, is_home=False)).data_class == DataClass.PUBLIC
    assert cleared_for(provider, Settings(3, 4, is_home=False)).data_class == DataClass.CONFIDENTIAL
