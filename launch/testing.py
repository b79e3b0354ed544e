"""`bin/test`: pytest with a browser where one can be had. Arguments go to pytest."""

import os
import subprocess
import sys

from launch.browser import chromium
from launch.environment import clean_environment
from launch.parts import ROOT

PASSED_ON = ("CI", "COLUMNS", "PYTEST_ADDOPTS", "PLAYWRIGHT_BROWSERS_PATH")
BESIDE = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
"""Whole files are dealt out to as many processes as tests/conftest.py says; `-n 0` keeps all in one."""


def main() -> None:
    """Run the tests. Where no browser can be had its tests are skipped, and the last line says so."""
    browser = chromium()
    environment = clean_environment({name: os.environ[name] for name in PASSED_ON if name in os.environ})
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings_test", "PYTHONPATH": str(ROOT)}
    environment |= {"ATRIUM_CHROMIUM": str(browser)} if browser else {"ATRIUM_NO_BROWSER": "1"}
    status = subprocess.run(
        [sys.executable, "-m", "pytest", *BESIDE, *sys.argv[1:]], cwd=ROOT, env=environment, check=False
    ).returncode
    if browser is None:
        sys.stdout.write("No Chromium could be had on this machine: the browser tests (e2e) were skipped.\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
