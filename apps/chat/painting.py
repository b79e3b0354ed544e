"""An answer that is a picture: an image model paints the question, and the chat keeps what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from apps.chat.models import Conversation, Picture
from apps.files.services import file_save
from apps.llm import gateway
from apps.llm.gateway import Caller, ImageCall, RunRef
from apps.llm.vendors.base import ImageRequest
from apps.rest.errors import ProblemError
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.chat.loading import Chosen, Job
    from apps.llm.vendors.base import ImagePart
    from apps.runs.context import RunContext

PAINTED: Final = "pictures"
"""Where a run's result keeps them: [file id, name, media type, alternative text]."""
MOST_ALT: Final = 1_000
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


async def paint(ctx: RunContext, conversation_id: UUID, job: Job, model: Chosen) -> None:
    """Asks for one picture of the question and keeps it with the chat, for `result` to name.

    Raises as the gateway's `generate_images` does, and RunError where the picture can not be kept.
    """
    question = job.turns[-1].text
    step = ctx.step("picture", f"{model.name} paints"[:200], model={"slug": model.slug, "name": model.name})
    call = ImageCall(
        who=Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
        model_id=model.id,
        request=ImageRequest("", question),
        purpose="reply",
        run=RunRef(ctx.run_id, ctx.fence),
        conversation_id=conversation_id,
        data_class=job.data_class,
        class_why=job.standing.why,
        sources=job.sources(),
    )
    try:
        made = await gateway.generate_images(call)
        ctx.result[PAINTED] = await ctx.db(_keep, conversation_id, ctx.user_id, question, made.images)
    except ProblemError as error:
        step.failed(label=f"{model.name} painted"[:200])
        detail = "Your message is saved, the picture is not. Make room for it, then try again."
        raise RunError("storage", "The picture could not be kept", detail) from error
    except Exception:
        step.failed(label=f"{model.name} did not answer"[:200])
        raise
    step.done(label=f"{model.name} painted"[:200])


def _keep(
    conversation_id: UUID, user_id: UUID, question: str, images: Sequence[ImagePart]
) -> list[dict[str, Any]]:
    """The pictures as files of the person and of the chat; none where the chat was deleted meanwhile."""
    if not Conversation.objects.select_for_update().filter(pk=conversation_id).exists():
        return []
    return [
        _kept(conversation_id, user_id, question, number, image) for number, image in enumerate(images, 1)
    ]


def _kept(
    conversation_id: UUID, user_id: UUID, question: str, number: int, image: ImagePart
) -> dict[str, Any]:
    words = " ".join(question.split())
    name = f"{words[:60].rstrip()} {number}.{_ENDINGS[image.media_type]}"
    file = file_save(owner_id=user_id, name=name, media_type=image.media_type, parts=[image.data])
    Picture.objects.create(conversation_id=conversation_id, file=file)
    return {"file_id": str(file.id), "name": file.name, "alt": words[:MOST_ALT]}
