"""A chat with a confidential file by the route by data class: the best that is cleared answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chat.test_chat_classes import SECRET, attach, class_of
from tests.chat.test_reply_from_documents import ask
from tests.llm.routing import routing_on
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from tests.chat.conftest import Browser
    from tests.llm.conftest import Connected

pytestmark = pytest.mark.usefixtures("product")


def test_the_cleared_model_answers_and_the_other_is_never_asked(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    hosted(connected)
    with routing_on(connected) as routing:
        routing.model("in-the-cellar")
        with tenant_scope(connected.cast.acme.id):
            own = Model.objects.get(slug="in-the-cellar")
            model_clearance_set(actor=None, model=own, wanted=DataClass.RESTRICTED, reason="Our machine")
        routing.route("data_class", {"members": ["big-model", "in-the-cellar"]}, slug="safe")
        chat = bob.begin(team_id=engineering, model="route/safe")
        file = attach(bob, chat, data_class="confidential")
        said = ask(bob, chat, "How long is parental leave?", file_ids=[file["id"]])
        assert said["state"] == "done", said["error"]
        (note,) = [note for note in said["annotations"] if note["type"] == "route"]
        assert note["answered_by"]["slug"] == "in-the-cellar"
        assert note["why"] == [
            (
                f"{connected.chat.name} was left out: it may receive internal text at most, and this is "
                "confidential."
            ),
            "in-the-cellar was picked: the first choice that may receive confidential text.",
        ]
        sent = [asked.body["model"] for asked in connected.host.asked if SECRET in str(asked.body)]
        assert sent == ["in-the-cellar"]
    assert class_of(bob, chat)["data_class"] == "confidential"
