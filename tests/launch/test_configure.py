"""docs/configure.md and what the settings read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ = re.compile(r'env\.(?:text|number|flag|words|required)\(\s*"([A-Z][A-Z0-9_]+)"')
LAUNCHED = {"WORKER_DATABASE_URL", "MIGRATE_DATABASE_URL", "PLATFORM_DATABASE_URL"}
"""Read under a name that is put together, or by bin/up."""


def test_every_variable_that_the_settings_read_is_documented_and_no_other() -> None:
    read = set(READ.findall((ROOT / "config" / "settings.py").read_text())) | LAUNCHED
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs" / "configure.md").read_text(), re.MULTILINE)
    named: set[str] = set()
    for row in rows:
        names = re.findall(r"`([A-Z0-9_]+)`", row)
        named |= {names[0].rpartition("_")[0] + name if name.startswith("_") else name for name in names}
    assert named == read
