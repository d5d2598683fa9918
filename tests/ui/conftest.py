"""A real service in a process of its own and a headless Chromium for the tests that look at the page."""

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright

from tests.support.browser import BROKEN_OFF, DELAY, PATIENCE, OpenPage, chromium_path, generate_button

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@contextlib.contextmanager
def serving(program: str, folder: Path, ready_path: str, **options: Any) -> Iterator[str]:
    """Run `program` with the tone engine until the block ends; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = {
        "server": {"port": port},
        "models": {"engine": "tone", "options": options},
        "paths": {"output_dir": str(folder / "outputs"), "models_dir": str(folder / "models")},
    }
    file = folder / "config.yaml"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    log = folder / "log.txt"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, program, "--config", str(file)], cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}{ready_path}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def _wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"The service did not start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless browser; the test is skipped where none is installed."""
    executable = chromium_path()
    if executable is None:
        pytest.skip("No Chromium or Chrome is installed, so the page cannot be looked at.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving("main_api.py", tmp_path_factory.mktemp("service"), "/api/v1/health/ready", delay=DELAY) as address:
        yield address


@pytest.fixture
def open_page(chromium: Browser, service: str) -> Iterator[OpenPage]:
    """Opens pages, each of another user; afterwards none may have seen an error or left this machine."""
    contexts = []
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            faults.append(f"request: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            faults.append(f"response {response.status}: {response.url}")

    def open_one(address: str = f"{service}/ui", width: int = 1280, height: int = 720, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", on_console)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("request", on_request)
        page.on("response", on_response)
        page.goto(address)
        expect(generate_button(page)).to_be_enabled(timeout=PATIENCE)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not any(words in fault for words in BROKEN_OFF)] == []
