"""The chat app: tells the engine how to answer and how to name."""

from django.apps import AppConfig

ERASE_EVERY_S = 60.0


class ChatConfig(AppConfig):
    name = "apps.chat"
    label = "chat"

    def ready(self) -> None:
        from apps.chat.classing import conversation_raise, standing_call, standing_read
        from apps.chat.deleting import erase_deleted
        from apps.chat.ending import end_reply, end_title, of_conversation
        from apps.chat.leaving import files_of_deleted
        from apps.chat.measured import question_alone
        from apps.chat.reply import reply
        from apps.chat.selectors import count_chats
        from apps.chat.title import title
        from apps.files.limits import register_leaving
        from apps.knowledge.evaluation.answering import register_prompting
        from apps.llm.clearances.raising import Teller, add_keeper, add_teller
        from apps.llm.uses import add_counter
        from apps.runs.maintenance import Job, register_job
        from apps.runs.registry import RunKind, register

        add_counter(count_chats)
        add_keeper(conversation_raise)
        add_teller(Teller(standing_call, standing_read))
        register_leaving(files_of_deleted)
        register_prompting(question_alone)
        register_job(Job("deleted chats", ERASE_EVERY_S, erase_deleted))
        register(RunKind("reply", reply, on_end=end_reply))
        register(RunKind("title", title, on_end=end_title, describe=of_conversation, limit_s=60.0))
