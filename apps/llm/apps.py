"""Django's handle on the models app."""

from __future__ import annotations

from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "apps.llm"
    label = "llm"
    verbose_name = "Models"

    def ready(self) -> None:
        from apps.accounts.overview import Card, Step, add_card, add_step
        from apps.accounts.setup import SETUP_MODELS
        from apps.guardrails.moderation import add_models
        from apps.llm.catalogue import price_at
        from apps.llm.endpoints import KEY_FIELD
        from apps.llm.health.upkeep import PROBE_EVERY_S, Prober
        from apps.llm.permissions import MANAGE
        from apps.llm.selectors.administration import has_provider
        from apps.llm.selectors.granted import moderators
        from apps.llm.selectors.health import overview
        from apps.llm.services import builtin_connection_ensure
        from apps.llm.services.pricing import CATALOGUE
        from apps.metering.known_models import register_catalogue
        from apps.metering.prices import add_list
        from apps.runs.maintenance import Job, register_job
        from apps.vault import registry

        add_models(moderators)
        register_job(Job("connection probes", PROBE_EVERY_S, Prober().hint))
        add_list(price_at)
        register_catalogue(CATALOGUE)
        _register_trials()
        registry.register(model="llm.Connection", column="sealed_key", field=KEY_FIELD)
        if builtin_connection_ensure not in SETUP_MODELS:
            SETUP_MODELS.append(builtin_connection_ensure)
        add_card(Card("llm/_health_card.html", MANAGE, lambda _: overview()))
        add_step(
            Step(
                "Connect a provider",
                "Add an address and a key, then choose which teams may use its models.",
                "/admin/providers",
                lambda _: has_provider(),
            )
        )


def _register_trials() -> None:
    """What administrators try out, each a run of its own."""
    from apps.guardrails.consulting import CONSULTATION
    from apps.llm.consulting import consult
    from apps.llm.routes.models import MODEL_TRIAL, TRIAL
    from apps.llm.routes.trial import end_trial, of_nothing, try_model, try_out
    from apps.runs.registry import RunKind, register

    register(RunKind(TRIAL, try_out, on_end=end_trial, describe=of_nothing, limit_s=300.0))
    register(RunKind(MODEL_TRIAL, try_model, describe=of_nothing, limit_s=300.0))
    register(RunKind(CONSULTATION, consult, describe=of_nothing, limit_s=300.0))
