"""Django's settings, driven by the environment (config/env.py). docs/configure.md lists every variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.tenants.postgresql.pool import reset
from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("ATRIUM_DEBUG")
ROLE = env.text("ATRIUM_ROLE", "command")
if ROLE != "command":
    env.refuse_vendor_variables()
SECRET_KEY = env.required("SECRET_KEY", least=32)
VAULT_KEYS = env.words("ATRIUM_VAULT_KEYS")
BASE_URL = env.text("ATRIUM_BASE_URL", "http://localhost:8000").rstrip("/")
DATA_DIR = Path(env.text("ATRIUM_DATA", str(BASE_DIR / ".atrium"))).resolve()

ALLOWED_HOSTS = ["*"]
"""apps.tenants.middleware answers 400 to every host that is neither ours nor an organisation's."""

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
ORGANISATION_URL = "/organisation"
SIGN_IN_URL = "/sign-in"
APPEND_SLASH = False

INSTALLED_APPS = [
    "apps.api",
    "apps.chat",
    "apps.knowledge",
    "apps.llm",
    "apps.guardrails",
    "apps.metering",
    "apps.runs",
    "apps.files",
    "apps.accounts",
    "apps.audit",
    "apps.tenants",
    "apps.vault",
    "apps.rest",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.middleware.SecurityHeaders",
    "apps.tenants.middleware.TenantMiddleware",
    "config.middleware.CsrfMiddleware",
    "apps.accounts.middleware.SessionMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "builtins": ["django_vite.templatetags.django_vite"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "apps.accounts.context.person",
            ],
        },
    }
]

_POOL = {"min_size": 1, "max_size": env.number("ATRIUM_DATABASE_CONNECTIONS", 8), "timeout": 5}
UNGUARDED_DATABASES = {"migrate"}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(env.required("DATABASE_URL"), pool=_POOL | {"reset": reset}),
}
DATABASE_ROLE_PASSWORDS = {
    f"app_{name.lower()}": env.text(f"ATRIUM_DB_PASSWORD_{name}")
    for name in ("MIGRATE", "WEB", "WORKER", "PLATFORM")
}
for _alias, _name in (("migrate", "MIGRATE_DATABASE_URL"), ("platform", "PLATFORM_DATABASE_URL")):
    if env.text(_name):
        DATABASES[_alias] = env.database(env.text(_name))
DATABASE_ROUTERS = ["apps.tenants.router.AliasRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

IS_HTTPS = urlsplit(BASE_URL).scheme == "https"
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("ATRIUM_BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILES_DIR = Path(env.text("ATRIUM_FILES_DIR", str(DATA_DIR / "files")))
FILES_S3_ENDPOINT = env.text("ATRIUM_FILES_S3_ENDPOINT")
FILES_S3_BUCKET = env.text("ATRIUM_FILES_S3_BUCKET")
FILES_S3_REGION = env.text("ATRIUM_FILES_S3_REGION")
FILES_S3_ACCESS_KEY = env.text("ATRIUM_FILES_S3_ACCESS_KEY")
FILES_S3_SECRET_KEY = env.text("ATRIUM_FILES_S3_SECRET_KEY")
MAX_UPLOAD_BYTES = env.number("ATRIUM_MAX_UPLOAD_MB", 25) * 1024 * 1024
FILES_TENANT_QUOTA_BYTES = env.number("ATRIUM_TENANT_QUOTA_GB", 200) * 1024**3
FILES_USER_QUOTA_BYTES = env.number("ATRIUM_USER_QUOTA_GB", 20) * 1024**3
KNOWLEDGE_BASE_QUOTA_BYTES = env.number("ATRIUM_COLLECTION_QUOTA_GB", 50) * 1024**3
KNOWLEDGE_BASE_QUOTA_DOCUMENTS = env.number("ATRIUM_COLLECTION_DOCUMENTS", 20_000)
KNOWLEDGE_TENANT_QUOTA_DOCUMENTS = env.number("ATRIUM_TENANT_DOCUMENTS", 200_000)
BACKGROUND_NICENESS = env.number("ATRIUM_BACKGROUND_NICENESS", 19)
RUN_DRAIN_SECONDS = env.number("ATRIUM_DRAIN_SECONDS", 20)

MODEL_SERVER_URL = env.text("ATRIUM_MODEL_SERVER_URL")
MODEL_SERVER_KEY = env.text("ATRIUM_MODEL_SERVER_KEY")

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "atrium@localhost")

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("dist", BASE_DIR / "static" / "dist"), ("img", BASE_DIR / "static" / "img")]
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "static" / "dist" / "manifest.json",
        "static_url_prefix": "dist",
    }
}

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.rest.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "apps.rest.errors.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Atrium",
    "VERSION": "1.0.0",
    "DESCRIPTION": "REST API of Atrium, the private ChatGPT that an organisation runs itself.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/(api/)?v1",
    "ENUM_NAME_OVERRIDES": {
        "RunStateEnum": "apps.runs.models.RunState",
        "StepStateEnum": "apps.runs.models.StepState",
        "MessageRoleEnum": "apps.chat.models.MessageRole",
        "RoleEnum": "apps.accounts.models.Role",
        "FileStateEnum": "apps.chat.api.serializers.FILE_STATES",
        "DocumentStateEnum": "apps.knowledge.models.DocumentState",
        "QuestionStateEnum": "apps.knowledge.care.models.QuestionState",
        "FeedbackStateEnum": "apps.knowledge.care.models.FeedbackState",
        "AnswerStateEnum": "apps.knowledge.care.answer_models.AnswerState",
        "FeedbackKindEnum": "apps.knowledge.care.models.FeedbackKind",
        "EvaluationStateEnum": "apps.knowledge.evaluation.models.EvaluationState",
        "GatedStateEnum": "apps.knowledge.evaluation.models.GatedState",
        "GoldenMakingKindEnum": "apps.knowledge.evaluation.models.MakingKind",
        "RouteKindEnum": "apps.llm.routes.models.RouteKind",
        "ReembeddingStateEnum": "apps.knowledge.models.ReembeddingState",
        "DataClassEnum": "apps.guardrails.classes.SLUGS",
        "KindsEnum": "apps.knowledge.narrowing.KIND_CHOICES",
        "UsageStateEnum": "apps.metering.models.UsageState",
        "PolicyStateEnum": "apps.guardrails.models.PolicyState",
        "FindingKindEnum": "apps.guardrails.rules.KINDS",
        "RuleDirectionEnum": "apps.guardrails.rules.DIRECTIONS",
        "TrialDirectionEnum": "apps.guardrails.trying.WAYS",
        "ProviderStateEnum": "apps.llm.selectors.health.STATE_CHOICES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.api.schema.complete",
    ],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("ATRIUM_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        "httpx2": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
