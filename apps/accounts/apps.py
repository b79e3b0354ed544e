"""The accounts app: people, teams, sessions, API keys, and the edge that names who acts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
