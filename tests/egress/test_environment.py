"""A process with variables of vendor SDKs does not start (security.md, section 3)."""

import pytest

from apps import egress
from apps.egress import UncleanEnvironmentError


def test_clean_environment_passes() -> None:
    egress.assert_clean_environment(
        {"PATH": "/bin", "DATABASE_URL": "postgres://", "HTTP_PROXY": "http://proxy"}
    )


SDK_VARIABLES = [
    "OPENAI_API_KEY", "OPENAI_ORG_ID", "openai_base_url", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY",
    "GOOGLE_API_KEY", "GEMINI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_BEARER_TOKEN_BEDROCK", "CO_API_KEY",
    "HF_TOKEN", "SSLKEYLOGFILE",
]  # fmt: skip


@pytest.mark.parametrize("name", SDK_VARIABLES)
def test_variables_of_vendor_sdks_stop_the_start_and_are_named(name: str) -> None:
    environ = {"PATH": "/bin", name: "secret-value"}
    with pytest.raises(UncleanEnvironmentError) as caught:
        egress.assert_clean_environment(environ)
    assert caught.value.names == (name,)
    assert name in str(caught.value)
    assert "secret-value" not in str(caught.value)
    egress.assert_clean_environment(egress.without_vendor_variables(environ))
