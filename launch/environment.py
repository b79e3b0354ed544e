"""The environment that children get: only what they need, nothing that an SDK would read by itself."""

import os
from collections.abc import Mapping

# An allow-list: SDKs read OPENAI_*, AWS_*, *_PROXY and more, and would send them to a tenant's host.
NAMES = frozenset({
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PATH", "SHELL",
    "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TMPDIR", "TZ", "USER",
})  # fmt: skip
PREFIXES = ("ATRIUM_", "EMAIL_", "LC_")

OWN = {"PYTHONUNBUFFERED": "1", "ORT_DISABLE_TELEMETRY": "1"}
"""Ours. onnxruntime 1.32 gathers a report on its use for its maker unless told not to."""


def clean_environment(additions: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment reduced to the allow-list, plus `additions`."""
    kept = {name: value for name, value in os.environ.items() if name in NAMES or name.startswith(PREFIXES)}
    return kept | OWN | dict(additions or {})
