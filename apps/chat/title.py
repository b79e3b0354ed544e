"""The run that names a conversation after its first answer. Its failure is nobody's trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.chat import parts as message_parts
from apps.chat import prompting, selectors
from apps.chat.classing import class_of
from apps.chat.loading import Chosen
from apps.llm import gateway
from apps.llm.gateway import Caller, ChatCall, GuardrailRefusedError, ModelNotFoundError, RunRef, VendorError
from apps.llm.vendors.base import ChatRequest, TextDelta

if TYPE_CHECKING:
    from apps.guardrails.classes import DataClass
    from apps.runs.context import RunContext

MAX_TOKENS = 32


async def title(ctx: RunContext) -> None:
    """Writes the title as text; nothing when the model does not give one: the question's words stay."""
    conversation_id = UUID(ctx.input["conversation_id"])
    question, data_class = await ctx.db(load_question, UUID(ctx.input["question_id"]), conversation_id)
    if not question:
        return
    model = Chosen.of(ctx.input["model"])
    call = ChatCall(
        who=Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
        model_id=model.id,
        request=ChatRequest("", prompting.title_messages(question), max_tokens=MAX_TOKENS, temperature=0.2),
        purpose="title",
        run=RunRef(ctx.run_id, ctx.fence),
        conversation_id=conversation_id,
        data_class=data_class,
    )
    said: list[str] = []
    try:
        async with gateway.stream(call) as stream:
            said.extend([delta.text async for delta in stream if isinstance(delta, TextDelta)])
    except (VendorError, ModelNotFoundError, GuardrailRefusedError):
        said.clear()
    cleaned = prompting.clean_title("".join(said))
    if cleaned:
        ctx.text(cleaned)


def load_question(question_id: UUID, conversation_id: UUID) -> tuple[str, DataClass | None]:
    """The question's text, empty when it was deleted, and the data class of its chat."""
    branch = selectors.branch_to(question_id)
    text = message_parts.text_of(message_parts.load(branch[-1].parts)) if branch else ""
    return text, class_of(conversation_id)
