"""People, teams and what lets them in. All of it belongs to one tenant; nothing is shared between tenants."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone

from apps.accounts.browser_names import browser_name
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class TenantSettings(TenantModel):
    """One row per tenant: its name, language, time zone, currency (ISO 4217) and how far its set-up is."""

    name = models.CharField(max_length=120)
    language = models.CharField(max_length=12, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD", db_default="USD")
    shows_budgets = models.BooleanField(default=True, db_default=True)
    setup_done_at = models.DateTimeField(null=True)
    setup_step = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=[], name="tenant_settings_one")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Administrator"
    AUDITOR = "auditor", "Auditor"
    MEMBER = "member", "Member"


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class SendKey(models.TextChoices):
    ENTER = "enter", "Enter"
    MOD_ENTER = "mod_enter", "Ctrl+Enter, on a Mac ⌘+Enter"


class ReadsAnswers(models.TextChoices):
    """What a screen reader is told of an answer."""

    OFF = "off", "Only that it is ready"
    COMPLETE = "complete", "Its beginning when it is complete"
    PARAGRAPHS = "paragraphs", "Paragraph by paragraph as it is written"


class User(TenantModel, AbstractBaseUser):
    """A person's account in one tenant; the same human has an account per tenant."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=12, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    send_key = models.CharField(
        max_length=12, choices=SendKey, default=SendKey.ENTER, db_default=SendKey.ENTER
    )
    follows_answers = models.BooleanField(default=True, db_default=True)
    reads_answers = models.CharField(
        max_length=12, choices=ReadsAnswers, default=ReadsAnswers.COMPLETE, db_default=ReadsAnswers.COMPLETE
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [TenantUnique(fields=["email"], name="user_email")]

    def __str__(self) -> str:
        return self.name


class Team(TenantModel):
    """A group of people; grants, defaults and budgets come from a conversation's or key's team."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80)
    is_everyone = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            TenantUnique(fields=["slug"], name="team_slug"),
            TenantUnique(
                fields=["is_everyone"], name="team_one_everyone", condition=models.Q(is_everyone=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipRole(models.TextChoices):
    MEMBER = "member", "Member"
    LEAD = "lead", "Lead"


class Membership(TenantModel):
    """A person's place in a team."""

    team = TenantForeignKey(Team, models.CASCADE, related_name="memberships")
    user = TenantForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=MembershipRole, default=MembershipRole.MEMBER)

    class Meta:
        constraints = [TenantUnique(fields=["team", "user"], name="membership_once")]
        indexes = [TenantIndex(fields=["user"], name="membership_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Session(TenantModel):
    """A signed-in browser: only the hash of its cookie is kept."""

    user = TenantForeignKey(User, models.CASCADE, related_name="sessions")
    token_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [TenantUnique(fields=["token_hash"], name="session_token")]
        indexes = [TenantIndex(fields=["user"], name="session_user")]

    def __str__(self) -> str:
        return f"session of {self.user_id}"

    @property
    def browser(self) -> str:
        """What it runs in, as "Firefox on Windows"."""
        return browser_name(self.agent)


class LinkKind(models.TextChoices):
    SIGN_IN = "sign_in", "Sign in"
    RESET = "reset", "Set a new password"
    INVITE = "invite", "Invitation"
    SETUP = "setup", "Set up"


class OneTimeLink(TenantModel):
    """A link that works once: only the hash of its code is kept."""

    kind = models.CharField(max_length=8, choices=LinkKind)
    code_hash = models.CharField(max_length=64)
    user = TenantForeignKey(User, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["code_hash"], name="one_time_link_code")]

    def __str__(self) -> str:
        return f"{self.kind} link"


SCOPE_WORDS: Final = {
    "chat": "Chat and completions",
    "embeddings": "Embeddings",
    "images": "Pictures",
    "rerank": "Reranking",
    "knowledge": "Documents and search",
    "admin": "Administration",
}


class ApiKey(TenantModel):
    """A key of the REST API: acts as its person in exactly one team. Only prefix and hash are kept."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64)
    team = TenantForeignKey(Team, models.CASCADE, related_name="+")
    user = TenantForeignKey(User, models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["prefix"], name="api_key_prefix")]
        indexes = [TenantIndex(fields=["user"], name="api_key_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def uses(self) -> list[str]:
        """Its scopes in the words of the pages."""
        return [SCOPE_WORDS.get(scope, scope) for scope in self.scopes]


class SignInAttempt(TenantModel):
    """A failed sign-in, counted per account and address so that guessing slows down."""

    email_hash = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            TenantIndex(fields=["email_hash", "created_at"], name="sign_in_attempt_email"),
            TenantIndex(fields=["ip", "created_at"], name="sign_in_attempt_ip"),
        ]

    def __str__(self) -> str:
        return f"failed sign-in at {self.created_at}"


class Notification(TenantModel):
    """A short message to a person inside the app."""

    user = TenantForeignKey(User, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [TenantIndex(fields=["user", "-created_at"], name="notification_newest")]

    def __str__(self) -> str:
        return self.title


class IdempotencyKey(TenantModel):
    """A write that a client may repeat: the same key and body get the first answer again."""

    user = TenantForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    method_path = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
