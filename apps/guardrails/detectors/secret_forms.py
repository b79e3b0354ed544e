"""How the keys of common vendors look, as each vendor documents them."""

from __future__ import annotations

from typing import Final

_WORD: Final = "[A-Za-z0-9_-]"
VENDORS: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("aws", ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"), r"[0-9A-Z]{12,17}"),
    ("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{36,251}"),
    ("github", ("github_pat_",), r"[A-Za-z0-9_]{50,244}"),
    (
        "gitlab",
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glffct-"),
        rf"{_WORD}{{20,64}}(?:\.[\w.]{{9,}})?",
    ),
    (
        "slack",
        ("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"),
        r"[A-Za-z0-9.-]{10,250}",
    ),
    ("slack", ("hooks.slack.com/services/", "hooks.slack.com/workflows/"), r"[A-Za-z0-9/]{30,90}"),
    ("stripe", ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"), r"[A-Za-z0-9]{16,247}"),
    ("anthropic", ("sk-ant-",), rf"{_WORD}{{20,200}}"),
    ("openrouter", ("sk-or-v1-",), r"[0-9a-f]{40,80}"),
    ("openai", ("sk-proj-", "sk-svcacct-", "sk-admin-", "sess-"), rf"{_WORD}{{20,200}}"),
    ("openai", ("sk-",), r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32,64}"),
    ("huggingface", ("hf_", "api_org_"), r"[A-Za-z0-9]{30,40}"),
    ("google", ("AIza",), rf"{_WORD}{{35}}"),
    ("google", ("GOCSPX-",), rf"{_WORD}{{28}}"),
    ("google", ("ya29.",), r"[A-Za-z0-9_-]{20,1200}"),
    ("groq", ("gsk_",), r"[A-Za-z0-9]{40,60}"),
    ("replicate", ("r8_",), r"[A-Za-z0-9]{30,44}"),
    ("xai", ("xai-",), r"[A-Za-z0-9]{60,90}"),
    ("perplexity", ("pplx-",), r"[A-Za-z0-9]{40,60}"),
    ("sendgrid", ("SG.",), rf"{_WORD}{{16,32}}\.{_WORD}{{16,64}}"),
    ("twilio", ("AC", "SK"), r"[0-9a-f]{32}"),
    ("mailgun", ("key-",), r"[0-9a-f]{32}"),
    ("npm", ("npm_",), r"[A-Za-z0-9]{36}"),
    ("pypi", ("pypi-AgE", "pypi-"), rf"{_WORD}{{50,250}}"),
    ("rubygems", ("rubygems_",), r"[0-9a-f]{48}"),
    ("docker", ("dckr_pat_", "dckr_oat_"), rf"{_WORD}{{20,64}}"),
    ("digitalocean", ("dop_v1_", "doo_v1_", "dor_v1_"), r"[0-9a-f]{64}"),
    ("databricks", ("dapi",), r"[0-9a-f]{32}(?:-[0-9])?"),
    ("shopify", ("shpat_", "shpca_", "shppa_", "shpss_"), r"[0-9a-fA-F]{32}"),
    ("square", ("sq0atp-", "sq0csp-", "EAAAE"), rf"{_WORD}{{22,60}}"),
    ("atlassian", ("ATATT3", "ATCTT3", "ATBB"), r"[A-Za-z0-9_=-]{24,250}"),
    ("newrelic", ("NRAK-",), r"[A-Z0-9]{27}"),
    ("grafana", ("glsa_", "glc_"), r"[A-Za-z0-9_+/=]{32,400}"),
    ("hashicorp", ("hvs.", "hvb.", "hvr."), rf"{_WORD}{{24,250}}"),
    ("linear", ("lin_api_",), r"[A-Za-z0-9]{32,48}"),
    ("notion", ("ntn_", "secret_"), r"[A-Za-z0-9]{40,50}"),
    ("postman", ("PMAK-",), r"[0-9a-f]{24}-[0-9a-f]{34}"),
    ("age", ("AGE-SECRET-KEY-1",), r"[0-9A-Z]{58}"),
    ("azure", ("AccountKey=", "SharedAccessKey=", "SharedSecretValue="), r"[A-Za-z0-9+/]{40,100}={0,2}"),
    ("azure", ("&sig=", "?sig="), r"[A-Za-z0-9%+/]{30,100}(?:={0,2}|%3D)"),
    ("jwt", ("eyJ",), rf"{_WORD}{{8,8000}}\.eyJ{_WORD}{{4,8000}}(?:\.{_WORD}{{0,2000}})?"),
)
"""Name, how it begins, what follows: as documented by each vendor."""
