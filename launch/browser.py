"""Finds or brings a Chromium for the end-to-end tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),)
APT_SECONDS, DOWNLOAD_SECONDS = 600, 300


def chromium() -> Path | None:
    """The program of a Chromium: one that is installed, else from apt (as root), else Playwright's own
    download; None where none can be had.
    """
    return _installed() or _from_apt() or _from_playwright()


def _installed() -> Path | None:
    named = os.environ.get("ATRIUM_CHROMIUM")
    if named:
        return Path(named)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else next((place for place in PLACES if place.exists()), None)


def _from_apt() -> Path | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    sys.stderr.write("installing Chromium by apt-get for the browser tests\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        if not _succeeds([apt, "-q", *arguments], APT_SECONDS, environment):
            return None
    return _installed()


def _from_playwright() -> Path | None:
    sys.stderr.write("asking Playwright to download a Chromium for the browser tests\n")
    if not _succeeds([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS):
        return None
    ask = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as play: print(play.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = Path(done.stdout.strip())
    return path if done.returncode == 0 and path.is_file() else None


def _succeeds(command: list[str], seconds: float, environment: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
