"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserType, Playwright

QUIET = [
    "--no-sandbox",  # CI runs as root, where Chromium's sandbox cannot; a real kiosk keeps it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launch(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """A headless browser that talks to nobody but the pages under test."""
    with launch_beside(playwright.chromium, *arguments) as browser:
        yield browser


@contextmanager
def launch_beside(driver: BrowserType, *arguments: str) -> Iterator[Browser]:
    """Another browser of a driver that runs already (`browser.browser_type`); a process has one driver."""
    executable = shutil.which("chromium") or "/usr/bin/chromium"
    browser = driver.launch(executable_path=executable, args=[*QUIET, *arguments])
    try:
        yield browser
    finally:
        browser.close()
