"""The vault app: it brings the command `vault_rotate`."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"
