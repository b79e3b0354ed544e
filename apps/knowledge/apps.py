"""Django's handle on the knowledge app."""

from __future__ import annotations

from django.apps import AppConfig

SWEEP_EVERY_S = 5.0
ORPHANS_EVERY_S = 1800.0
INDEX_EVERY_S = 60.0
SOURCES_EVERY_S = 15.0
REVIEWS_EVERY_S = 3600.0
ANSWERS_EVERY_S = 60.0


class KnowledgeConfig(AppConfig):
    name = "apps.knowledge"
    label = "knowledge"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        from apps.files.upkeep import register_holder, remove_orphans
        from apps.knowledge.care import tasks as _care  # noqa: F401 - registers it
        from apps.knowledge.care.hinting import sweep_answers
        from apps.knowledge.care.reminding import remind_owners
        from apps.knowledge.connectors import tasks as _tasks  # noqa: F401 - registers them
        from apps.knowledge.connectors.secrets import SECRET_FIELD
        from apps.knowledge.connectors.sweeping import sweep_sources
        from apps.knowledge.evaluation import tasks as _making  # noqa: F401 - registers it
        from apps.knowledge.evaluation.sweeping import sweep_evaluation
        from apps.knowledge.reembedding.sweeping import sweep_reembeddings
        from apps.knowledge.stores.sweeping import sweep_stores
        from apps.knowledge.sweeping import sweep
        from apps.knowledge.tending import sweep_index
        from apps.knowledge.uploading import keys_of_uploads, remove_stale_uploads
        from apps.runs.maintenance import Job, register_job
        from apps.vault import registry

        register_holder(keys_of_uploads)
        register_job(Job("documents", SWEEP_EVERY_S, sweep))
        register_job(Job("changes of embedding models", SWEEP_EVERY_S, sweep_reembeddings))
        register_job(Job("shelves and postings", INDEX_EVERY_S, sweep_index))
        register_job(Job("orphaned files", ORPHANS_EVERY_S, remove_orphans))
        register_job(Job("measurements of collections", SWEEP_EVERY_S, sweep_evaluation))
        register_job(Job("expired files and stores", ORPHANS_EVERY_S, sweep_stores))
        register_job(Job("stale uploads", ORPHANS_EVERY_S, remove_stale_uploads))
        register_job(Job("sources", SOURCES_EVERY_S, sweep_sources))
        register_job(Job("reviews", REVIEWS_EVERY_S, remind_owners))
        register_job(Job("verified answers", ANSWERS_EVERY_S, sweep_answers))
        registry.register(model="knowledge.Source", column="sealed_secret", field=SECRET_FIELD)
