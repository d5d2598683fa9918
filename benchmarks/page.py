"""How long a visitor of the page waits: until it can be used, and from the click on Generate to the first sound.

``python -m benchmarks.page`` starts the service as a process of its own and opens ``/ui`` in a headless Chromium. The
page is ready when Generate can be pressed: for a new visitor, who has nothing of it yet, and for one who comes back.
Sound begins when the browser plays the first sample above -40 dBFS, for a text of 5 words and one of 200, checked as by
default. Ends with 1 if a new visitor waits longer than the goal.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.service import processor
from config import load_settings
from tests.support.browser import chromium_path, generate_button, stop_button, write
from tests.support.server import Server

GOAL = 3.0
PATIENCE = 120_000
SHORT = "The birch canoe slid smoothly."
NOTE_SOUND = """
document.addEventListener("click", () => { window.clicked = performance.now(); window.sounded = null; }, true);
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  const audible = this.buffer.getChannelData(0).findIndex((sample) => Math.abs(sample) > 0.01);
  if (window.sounded === null && audible >= 0) {
    const wait = Math.max(0, when - this.context.currentTime) + audible / this.buffer.sampleRate;
    window.sounded = performance.now() + 1000 * wait;
  }
  return start.call(this, when, ...rest);
};
"""
"""Run in the page before anything else."""


def ready(page: Page, go: Callable[[], object]) -> float:
    """Seconds from `go` until Generate can be pressed."""
    started = time.perf_counter()
    go()
    expect(generate_button(page)).to_be_enabled(timeout=PATIENCE)
    return time.perf_counter() - started


def first_sound(page: Page, text: str) -> float:
    """Seconds from the click to the first audible sample; the rest of the text is stopped."""
    write(page, text)
    generate_button(page).click()
    page.wait_for_function("() => window.sounded !== null && performance.now() >= window.sounded", timeout=PATIENCE)
    seconds = float(page.evaluate("() => window.sounded - window.clicked")) / 1000
    if stop_button(page).is_enabled():
        stop_button(page).click()
    expect(generate_button(page)).to_be_enabled(timeout=PATIENCE)
    return seconds


def visit(browser: Browser, address: str, texts: dict[str, str]) -> dict[str, float]:
    """One visitor's waits, in seconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_init_script(NOTE_SOUND)
    page = context.new_page()
    waits = {
        "page ready, new visitor": ready(page, lambda: page.goto(address)),
        "page ready, seen before": ready(page, page.reload),
        **{f"click to first sound, {name}": first_sound(page, text) for name, text in texts.items()},
    }
    context.close()
    return waits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    program = chromium_path()
    if program is None:
        print("No Chromium or Chrome is installed, so the page cannot be opened; nothing was measured.")
        return 0
    print(f"{processor()}, {os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    chapter = Path(__file__).with_name("chapter.txt").read_text("utf-8")
    texts = {"5 words": SHORT, "200 words": " ".join(chapter.split()[:200])}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        models = load_settings(None).paths.models_dir.resolve()
        paths = {"output_dir": f"{folder}/outputs", "models_dir": str(models)}
        server = Server(Path(folder), json.dumps({"paths": paths}))
        try:
            server.wait_ready(900)
            engine = server.client.get("/api/v1/capabilities").json()["engine"]
            browser = driver.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
            )
            print(f"engine {engine}, Chromium {browser.version}, {options.rounds} rounds after one more\n")
            address = f"http://127.0.0.1:{server.port}/ui"
            visits = [visit(browser, address, texts) for _ in range(options.rounds + 1)][1:]
            browser.close()
        finally:
            server.close()
    print("| wait | median | shortest | longest |\n|---|---|---|---|")
    for name in visits[0]:
        waits = [waited[name] for waited in visits]
        print(f"| {name} | {statistics.median(waits):.2f} s | {min(waits):.2f} s | {max(waits):.2f} s |")
    return 0 if statistics.median(waited["page ready, new visitor"] for waited in visits) <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
