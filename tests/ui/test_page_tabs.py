"""The other tabs in a real browser: a book as a job, conversion, voices, joining, files, and signing in with a key."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from guard.keys import KeyStore
from tests.support.axe import serious_faults
from tests.support.browser import PATIENCE, OpenPage, generate, generate_button, open_tab, unfold
from tests.support.epubs import sea_book
from tests.support.recordings import speechlike, wav_bytes
from tests.support.tones import decode
from tests.ui.conftest import serving

pytestmark = [pytest.mark.browser, pytest.mark.process]


KEPT_JOBS = "() => localStorage.getItem('chatterbox-jobs')"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "anna.wav"
    file.write_bytes(wav_bytes(speechlike(4.0)))
    return file


def upload(page: Page, place: str, file: Path) -> None:
    page.locator(f"{place} input[type=file]").first.set_input_files(file)


def choose(page: Page, place: str, words: str) -> None:
    page.locator(f"{place} input").click()
    page.get_by_role("option", name=re.compile(words)).first.click()


def wait(page: Page, place: str, words: str | re.Pattern[str]) -> None:
    expect(page.locator(place)).to_contain_text(words, timeout=PATIENCE)


def test_a_book_is_handed_in_found_after_a_reload_heard_and_corrected(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "sea.epub"
    file.write_bytes(sea_book())
    page = open_page(color_scheme="dark")
    open_tab(page, "Jobs")
    upload(page, "#jobs-book", file)
    wait(page, "#jobs-status", "3 chapters with")
    page.get_by_role("checkbox", name="Chapter Two").uncheck()
    page.locator("#jobs-estimate").click()
    wait(page, "#jobs-status", re.compile(r"\d chunks, 0 of them spoken before"))
    kept = page.evaluate(KEPT_JOBS)
    page.locator("#jobs-hand-in").click()
    wait(page, "#jobs-status", "The Sea:")
    page.wait_for_function(f"before => ({KEPT_JOBS})() !== before", arg=kept)

    page.reload()
    open_tab(page, "Jobs")
    wait(page, "#jobs-status", "The Sea: done.")
    page.get_by_role("radio", name=re.compile("The Sea")).check()
    expect(page.locator("#jobs-part input")).to_have_value("Chapter One", timeout=PATIENCE)
    page.locator("#jobs-hear").click()
    expect(page.locator("#jobs-clip audio[src]")).to_have_count(1, timeout=PATIENCE)
    with page.expect_download() as waiting:
        page.locator("#jobs-result").get_by_role("link").first.click()
    waiting.value.save_as(tmp_path / "book.m4b")
    assert len(decode(tmp_path / "book.m4b")[0]) > 0
    assert serious_faults(page) == []

    unfold(page, "Chunks")
    page.get_by_label("Another text for it").filter(visible=True).fill("Something else.")
    page.locator("#jobs-redo").click()
    wait(page, "#jobs-status", "done.")
    page.locator("#jobs-page input").press("Enter")
    wait(page, "#jobs-chunks", "Something else.")


def test_a_recording_is_converted(open_page: OpenPage, recording: Path, tmp_path: Path) -> None:
    page = open_page()
    open_tab(page, "Convert")
    upload(page, "#convert-recording", recording)
    choose(page, "#convert-target", "tone-d")
    page.locator("#convert-start").click()
    wait(page, "#convert-status", "Done.")

    with page.expect_download() as waiting:
        page.locator("#convert-download-wav").click()
    waiting.value.save_as(tmp_path / "converted.wav")
    samples, rate = decode(tmp_path / "converted.wav")
    assert len(samples) / rate == pytest.approx(4.0, abs=0.3)

    unfold(page, "Write it down, or look for the mark")
    page.get_by_role("button", name="Look for the engine's mark").click()
    wait(page, "#examine-status", "The engine in use, tone, makes no watermark")
    page.get_by_role("button", name="Write down what it says").click()
    wait(page, "#examine-status", "There is no model that listens here")
    assert serious_faults(page) == []


def test_a_voice_is_added_introduces_itself_and_is_deleted(open_page: OpenPage, recording: Path) -> None:
    page = open_page()
    open_tab(page, "Voices")
    upload(page, "#voices-recording", recording)
    page.locator("#voices-new-name input, #voices-new-name textarea").fill("Anna")
    page.locator("#voices-add").click()
    wait(page, "#voices-advice", "Anna.wav is a voice now.")

    choose(page, "#voices-voice", "Anna")
    page.locator("#voices-listen").click()
    expect(page.locator("#voices-clip audio[src]")).to_have_count(1, timeout=PATIENCE)
    unfold(page, "Change or delete it")
    page.locator("#voices-sure input").check()
    page.locator("#voices-delete").click()
    wait(page, "#voices-status", "deleted")


def test_results_are_joined_kept_and_deleted(open_page: OpenPage, recording: Path) -> None:
    page = open_page()
    generate(page, "The first of two.")
    open_tab(page, "Join")
    for _ in range(2):
        choose(page, "#join-stored", r"tts_.*\.wav")
        page.locator("#join-add").click()
    expect(page.locator("#join-order textarea")).to_have_value(re.compile(r"tts_.*\n.*tts_"), timeout=PATIENCE)
    page.locator("#join-start").click()
    wait(page, "#join-status", "Done.")

    open_tab(page, "Files")
    page.locator("#files-list input").first.check()
    wait(page, "#files-facts", "Length")
    page.locator("#files-keep").click()
    wait(page, "#files-status", "Kept through every clean-up: 1 file.")
    page.locator("#files-zip").click()
    with page.expect_download() as waiting:
        page.locator("#files-archive").get_by_role("link").first.click()
    assert len(zipfile.ZipFile(waiting.value.path()).namelist()) == 1
    page.locator("#files-sure input").check()
    page.locator("#files-delete").click()
    wait(page, "#files-status", "Deleted: 1 file.")


def test_one_chunk_of_a_result_is_made_again(open_page: OpenPage) -> None:
    page = open_page()
    generate(page, "One.\n\nTwo.\n\nThree.")
    page.locator("#retake-chunk input").fill("2")
    page.locator("#retake-text textarea").fill("Four.")
    page.locator("#retake-button button, button#retake-button").first.click()

    wait(page, "#quality", "Four.")
    expect(page.locator("#quality tbody tr")).to_have_count(3)
    expect(page.locator("#quality")).not_to_contain_text("Two.")


def test_a_key_opens_the_page(chromium: Browser, tmp_path: Path) -> None:
    key = KeyStore(tmp_path / "keys.json").add("browser", ["speak"])
    with serving("main_api.py", tmp_path, "/api/v1/health/ready") as address:
        page = chromium.new_page()
        page.goto(f"{address}/ui")
        page.get_by_label("API key").fill("not the key")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("body")).to_contain_text("The API key is not valid.")

        page.get_by_label("API key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(generate_button(page)).to_be_enabled(timeout=PATIENCE)
        generate(page, "Hello with a key.")
        page.close()
