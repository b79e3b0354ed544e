"""The tenants app: isolation's three locks and the edges that open a scope."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "apps.tenants"
    label = "tenants"

    def ready(self) -> None:
        from apps.egress import guards
        from apps.tenants import checks  # noqa: F401 - registers the system checks
        from apps.tenants.scope import assert_no_scope

        guards.register(assert_no_scope)
