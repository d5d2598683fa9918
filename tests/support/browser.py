"""Driving the page in a browser: where its parts are, and what its users do."""

import json
import re
import shutil
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from speech.samples import Samples
from tests.support.tones import decode

DELAY = 0.25
PATIENCE = 20_000
LONG_TEXT = "\n\n".join(f"This is paragraph number {number} of a text that takes a while." for number in range(140))

BROKEN_OFF = ("AbortError", "Connection errored out")
"""What Gradio's own script writes to the console when a page is left while a request runs."""

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

OpenPage = Callable[..., Page]


def chromium_path() -> str | None:
    """Where a browser is installed."""
    return next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


def generate_button(page: Page) -> Any:
    return page.get_by_role("button", name="Generate", exact=True)


def stop_button(page: Page) -> Any:
    return page.get_by_role("button", name="Stop", exact=True)


def write(page: Page, text: str) -> None:
    page.locator("#text textarea").fill(text)


def choose_voice(page: Page, label: str) -> None:
    page.get_by_label("Voice").click()
    page.get_by_role("option", name=label).click()


def wait_for(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#speak-status")).to_contain_text(words, timeout=PATIENCE)


def generate(page: Page, text: str) -> None:
    write(page, text)
    generate_button(page).click()
    wait_for(page, "Done.")


def download(page: Page, folder: Path, kind: str = "WAV") -> tuple[Samples, int]:
    with page.expect_download() as waiting:
        page.get_by_text(f"Download {kind}").click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return decode(file)


def active_requests(service: str) -> int:
    with urllib.request.urlopen(f"{service}/api/v1/health", timeout=10) as reply:
        return int(json.load(reply)["active_requests"])


def wait_until_idle(service: str) -> float:
    """Seconds until no speech request is left."""
    started = time.monotonic()
    while active_requests(service):
        assert time.monotonic() - started < 15
        time.sleep(0.05)
    return time.monotonic() - started


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def unfold(page: Page, *names: str) -> None:
    """Open closed sections by their headings."""
    for name in names:
        page.get_by_role("button", name=re.compile(f"^{name} ?[◀▼]?$")).filter(visible=True).click()
