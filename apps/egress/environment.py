"""Variables that vendor SDKs read by themselves: with one set, a worker sends it to a tenant's own host."""

from collections.abc import Mapping

_PREFIXES = (
    "OPENAI_",
    "AZURE_OPENAI_",
    "ANTHROPIC_",
    "GEMINI_",
    "GOOGLE_GENAI_",
    "MISTRAL_",
    "COHERE_",
    "CO_API_",
    "GROQ_",
    "XAI_",
    "DEEPSEEK_",
    "OPENROUTER_",
    "TOGETHER_",
    "FIREWORKS_",
    "PERPLEXITY_",
    "HUGGINGFACE_",
    "DATABRICKS_",
)
_NAMES = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "GOOGLE_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "HF_TOKEN",
        "SSLKEYLOGFILE",
    }
)


class UncleanEnvironmentError(RuntimeError):
    """The process was started with variables that vendor SDKs read; `names` says which."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            f"Refusing to start: {', '.join(names)} would be sent to hosts that tenants choose. "
            "Nothing was started. Unset these variables; keys belong into a connection, storage keys "
            "into Atrium's own settings."
        )
        self.names = names


def assert_clean_environment(environ: Mapping[str, str]) -> None:
    """Raise UncleanEnvironmentError with the names when a vendor SDK would find something in `environ`."""
    names = _unclean(environ)
    if names:
        raise UncleanEnvironmentError(names)


def without_vendor_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy of `environ` that passes `assert_clean_environment`."""
    unclean = set(_unclean(environ))
    return {name: value for name, value in environ.items() if name not in unclean}


def _unclean(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        sorted(name for name in environ if name.upper() in _NAMES or name.upper().startswith(_PREFIXES))
    )
