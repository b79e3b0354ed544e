"""REST of conversations and messages: parse, one call, render."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.chat import conversations, deleting, errors, finding, outputs, selectors, services
from apps.chat.api import serializers
from apps.knowledge.narrowing import narrowing_of
from apps.rest.pages import CURSOR, LIMIT, page_of, page_upwards

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    from apps.rest.serializers import InputSerializer

QUERY: Final = OpenApiParameter(
    "q", str, description="Words, all of which stand in a chat's title or in the text of one of its messages."
)
SINCE: Final = OpenApiParameter(
    "since", dt.date, description="With `q`: only chats used since this day, UTC."
)


def _read(
    serializer: type[InputSerializer], request: Request, access: Callable[[], object] | None = None
) -> dict[str, Any]:
    """The body's values; raises 400, or first what `access` raises: what is hidden has no wrong fields."""
    read = serializer(data=request.data)
    if not read.is_valid() and access is not None:
        access()
    read.is_valid(raise_exception=True)
    found: dict[str, Any] = read.validated_data
    return found


def _since(request: Request) -> dt.datetime | None:
    """The beginning, in UTC, of the day that `since` names; raises 400 for what is no day."""
    day = request.query_params.get("since", "")
    try:
        return dt.datetime.combine(dt.date.fromisoformat(day), dt.time.min, dt.UTC) if day else None
    except ValueError:
        raise errors.invalid("since", "A day as YYYY-MM-DD.") from None


class ConversationListApi(IdempotentMixin, TenantApi):
    """The person's chats."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_list",
        parameters=[CURSOR, LIMIT, QUERY, SINCE],
        responses=serializers.ConversationPage,
    )
    def get(self, request: Request) -> Response:
        """Pinned chats first (on the first page), then the last used; with `q` those that hold its words."""
        words = finding.words_of(request.query_params.get("q", ""))
        since = _since(request)
        by_use = partial(page_of, request, by="updated_at")
        if words:
            found, following = finding.found_page(self.actor, words=words, since=since, page=by_use)
            return Response({"results": [outputs.found_output(*each) for each in found], "next": following})
        is_first = "cursor" not in request.query_params
        rows, following = selectors.conversation_page(self.actor, is_first=is_first, page=by_use)
        return Response({"results": [outputs.found_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="conversation_create",
        request=serializers.ConversationCreateInput,
        responses={201: serializers.ConversationDetailOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin a chat."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        """One new chat."""
        read = _read(serializers.ConversationCreateInput, request)
        made = conversations.conversation_create(
            actor=self.actor,
            team_id=read.get("team_id"),
            model=read.get("model"),
            knowledge_base_ids=read.get("knowledge_base_ids", ()),
            narrowing=narrowing_of(read.get("narrowing", {})),
        )
        return Response(selectors.conversation_detail(self.actor, made), status=201)


class ConversationDetailApi(TenantApi):
    """One chat."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_read",
        responses=serializers.ConversationDetailOutput,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The chat with its knowledge bases and files."""
        conversation = selectors.access_conversation(self.actor, conversation_id)
        return Response(selectors.conversation_detail(self.actor, conversation))

    @extend_schema(
        operation_id="conversation_update",
        request=serializers.ConversationUpdateInput,
        responses=serializers.ConversationDetailOutput,
    )
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Rename or pin it, choose its model or knowledge."""
        read = _read(
            serializers.ConversationUpdateInput,
            request,
            lambda: selectors.access_conversation(self.actor, conversation_id),
        )
        if "knowledge_base_ids" in read:
            read["knowledge_base_ids"] = tuple(read["knowledge_base_ids"])
        if "narrowing" in read:
            read["narrowing"] = narrowing_of(read["narrowing"])
        conversation = conversations.conversation_update(
            actor=self.actor, conversation_id=conversation_id, change=conversations.Change(**read)
        )
        return Response(selectors.conversation_detail(self.actor, conversation))

    @extend_schema(operation_id="conversation_delete", responses={204: None})
    def delete(self, request: Request, conversation_id: UUID) -> Response:
        """Delete it with its messages and files. It can be restored for five minutes, then it is erased."""
        deleting.conversation_delete(actor=self.actor, conversation_id=conversation_id)
        return Response(status=204)


class ConversationRestoreApi(TenantApi):
    """Taking back that a chat was deleted."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_restore", request=None, responses=serializers.ConversationDetailOutput
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Bring it back as it was; what was being written in it was stopped. 404 once it is erased."""
        conversation = deleting.conversation_restore(actor=self.actor, conversation_id=conversation_id)
        return Response(selectors.conversation_detail(self.actor, conversation))


class MessageListApi(TenantApi):
    """The messages of a chat."""

    scope = "chat"

    @extend_schema(operation_id="message_list", parameters=[CURSOR, LIMIT], responses=serializers.MessagePage)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The tree with all of its branches, oldest first."""
        conversation = selectors.access_conversation(self.actor, conversation_id)
        messages, following = page_upwards(request, selectors.message_list(conversation.id))
        files = selectors.files_of(messages)
        readable = selectors.readable_sources(self.actor.user_id, messages)
        results = [outputs.message_output(message, files, readable) for message in messages]
        return Response({"results": results, "next": following})

    @extend_schema(
        operation_id="message_send",
        request=serializers.MessageSendInput,
        responses={202: serializers.MessageSentOutput},
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Ask. The answer is written by its run: follow `run.id`. A client_id counts once."""
        read = _read(
            serializers.MessageSendInput,
            request,
            lambda: selectors.access_conversation(self.actor, conversation_id),
        )
        sent = services.message_send(
            actor=self.actor,
            conversation_id=conversation_id,
            send=services.Send(
                client_id=read["client_id"],
                text=read["text"],
                parent_id=read["parent_id"],
                model=read.get("model"),
                file_ids=tuple(read.get("file_ids", ())),
            ),
        )
        files = selectors.files_of([sent.question])
        return Response(outputs.accepted(sent.question, sent.answer, files), status=202)


class MessageRegenerateApi(TenantApi):
    """Another answer to the same question."""

    scope = "chat"

    @extend_schema(
        operation_id="message_regenerate",
        request=serializers.MessageRegenerateInput,
        responses={202: serializers.MessageRegeneratedOutput},
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """Begin it; the old answer stays beside it. The same client_id again changes nothing."""
        read = _read(
            serializers.MessageRegenerateInput,
            request,
            lambda: selectors.access_message(self.actor, message_id),
        )
        answer = services.message_regenerate(
            actor=self.actor,
            message_id=message_id,
            client_id=read["client_id"],
            model=read.get("model"),
            way=services.Way(
                read["knowledge"],
                read["verified"],
                tuple(map(str, read["confirm_rules"])),
                read.get("length", ""),
            ),
        )
        return Response(
            {"answer": outputs.accepted_answer(answer), "run": outputs.accepted_run(answer)}, status=202
        )
