"""The page in a real browser against a real service: what is heard, shown, stopped and kept apart."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from speech.engines.tone import chunk_pitch
from speech.text.lower import lower_case
from tests.support.browser import (
    DELAY,
    LONG_TEXT,
    PATIENCE,
    OpenPage,
    active_requests,
    choose_voice,
    download,
    generate,
    generate_button,
    stop_button,
    unfold,
    wait_for,
    wait_until_idle,
    write,
)
from tests.support.tones import chunk_pitch_of, voice_of
from tests.ui.conftest import serving
from ui.works import GRACE_SECONDS

pytestmark = [pytest.mark.browser, pytest.mark.process]


def test_a_text_is_spoken_played_and_downloaded(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    text = "Hello from the page, which speaks this sentence and a little more of it, so that it takes a while to play."

    generate(page, text)

    samples, rate = download(page, tmp_path)
    assert voice_of(samples, rate) == "tone-a"
    assert chunk_pitch_of(samples, rate) == chunk_pitch(lower_case(text))
    as_mp3, mp3_rate = download(page, tmp_path, "MP3")
    assert len(as_mp3) / mp3_rate == pytest.approx(len(samples) / rate, abs=0.1)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#speak-player time").first).not_to_have_text("0:00", timeout=PATIENCE)
    duration, position, error = page.locator("#speak-player audio[src]").evaluate(
        "audio => [audio.duration, audio.currentTime, audio.error]"
    )
    assert duration == pytest.approx(len(samples) / rate, abs=0.05)
    assert 0 < position <= duration
    assert error is None


def test_everything_for_a_result_fits_the_window(open_page: OpenPage) -> None:
    page = open_page()

    generate(page, "Hello.")

    for place in ("#text", "#voice", "#speak-start", "#speak-player", "#speak-download-wav"):
        box = page.locator(place).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720


def test_progress_is_told_while_it_runs(open_page: OpenPage) -> None:
    page = open_page()
    write(page, "\n\n".join(f"Paragraph {number} is here." for number in range(9)))

    page.keyboard.press("Control+Enter")

    wait_for(page, re.compile(r"Chunk \d of 9: \d+\.\d s of speech after \d+ s, about \d+ s to go"))
    expect(page.get_by_role("progressbar", name="Share done")).to_be_visible()
    expect(generate_button(page)).to_be_disabled()
    wait_for(page, "Done.")
    expect(generate_button(page)).to_be_enabled()


def test_sound_starts_before_the_work_ends(open_page: OpenPage) -> None:
    page = open_page()
    write(page, LONG_TEXT)

    generate_button(page).click()
    page.wait_for_function("() => piecePlayer.context && piecePlayer.context.currentTime > 0 && piecePlayer.end > 1")

    expect(page.locator("#speak-status")).to_contain_text("of 140:")
    stop_button(page).click()
    wait_for(page, "Stopped.")
    page.wait_for_function("() => piecePlayer.sources.size === 0")


@pytest.mark.checks
def test_check_28_stop_ends_the_work_and_the_next_request_runs_at_once(open_page: OpenPage, service: str) -> None:
    page = open_page()
    write(page, LONG_TEXT)
    generate_button(page).click()
    wait_for(page, "Chunk ")
    assert active_requests(service) == 1

    stop_button(page).click()

    # A slow machine is still drawing the pieces that came before.
    expect(page.locator("#speak-status")).to_contain_text("Stopped.", timeout=90_000)
    assert wait_until_idle(service) < 4
    expect(stop_button(page)).to_be_disabled()
    generate(page, "Short again.")
    expect(page.locator("#quality tbody tr")).to_have_count(1)


@pytest.mark.checks
def test_check_28_closing_the_page_ends_the_work(open_page: OpenPage, service: str) -> None:
    page = open_page()
    write(page, LONG_TEXT)
    generate_button(page).click()
    wait_for(page, "Chunk ")

    page.close()

    assert wait_until_idle(service) < GRACE_SECONDS + 6


def test_a_reloaded_page_finds_its_work_again(open_page: OpenPage, service: str, tmp_path: Path) -> None:
    page, other = open_page(), open_page()
    choose_voice(page, "tone-f")
    write(page, "\n\n".join(f"Paragraph {number} of a text that is being spoken." for number in range(60)))
    generate_button(page).click()
    wait_for(page, "Chunk 2")

    page.reload()
    wait_for(page, re.compile(r"Chunk \d+ of 60"))

    expect(stop_button(page)).to_be_enabled()
    assert "Paragraph 59" in page.locator("#text textarea").input_value()
    other.reload()
    expect(other.locator("#speak-status")).to_contain_text("Press Generate", timeout=PATIENCE)
    wait_for(page, "Done.")
    assert voice_of(*download(page, tmp_path)) == "tone-f"
    expect(page.locator("#quality tbody tr")).to_have_count(60)


def test_a_blank_text_gets_a_sentence(open_page: OpenPage) -> None:
    page = open_page()
    write(page, "  \n ")

    generate_button(page).click()

    wait_for(page, "Not started. There is no text to speak.")
    expect(generate_button(page)).to_be_enabled()


def test_a_text_that_is_too_long_gets_a_sentence(open_page: OpenPage) -> None:
    page = open_page()
    write(page, "word " * 2_001)

    generate_button(page).click()

    wait_for(page, "Not started. The text has 10005 characters; at most 10000 are allowed.")


def test_the_chosen_voice_speaks(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    choose_voice(page, "tone-e")

    generate(page, "Hello.")

    assert voice_of(*download(page, tmp_path)) == "tone-e"


def test_the_table_tells_of_each_chunk(open_page: OpenPage) -> None:
    page = open_page()

    generate(page, "First a < b & c > d.\n\nSecond paragraph.")

    rows = page.locator("#quality tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("First a < b & c > d.")
    expect(rows.nth(1)).to_contain_text("Second paragraph.")
    expect(rows.nth(1)).to_contain_text("not checked")


def test_two_users_at_once_keep_their_own_audio(open_page: OpenPage, tmp_path: Path) -> None:
    first, second = open_page(), open_page()
    choose_voice(second, "tone-g")
    for page, text in ((first, "The text of one."), (second, "Another text of somebody else.")):
        write(page, text)
    for page in (first, second):
        generate_button(page).click()
    for page in (first, second):
        wait_for(page, "Done.")

    assert voice_of(*download(first, tmp_path)) == "tone-a"
    assert voice_of(*download(second, tmp_path)) == "tone-g"
    assert "somebody else" not in first.locator("#quality").inner_text()
    assert "text of one" not in second.locator("#quality").inner_text()


def test_a_narrow_dark_window_shows_everything(open_page: OpenPage) -> None:
    page = open_page(width=375, height=812, color_scheme="dark")
    generate(page, "Hello there, narrow window.\n\nAnother paragraph.")
    unfold(page, "More settings", "Reading the text", "Delivery", "Takes and checking", "Finishing the sound")
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_visible()

    # Gradio measures its row of tabs on a copy that nobody sees.
    right = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('main *:not(.visually-hidden, .visually-hidden *)')]"
        ".map(part => part.getBoundingClientRect().right))"
    )

    assert right <= 375
    assert page.evaluate("() => document.body.classList.contains('dark')")
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", background)[:3]) < 60


def test_text_files_are_spoken_and_settings_come_back(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    text_file, settings_file = tmp_path / "story.md", tmp_path / "settings.json"
    text_file.write_text("# A title\n\nThe **text** of the file.")
    settings_file.write_text('{"settings": {"sentence_pause_ms": 480, "captions": ["srt"], "seed": 11}}')

    unfold(page, "More settings")
    page.get_by_test_id("Load settings from a file-upload-button").set_input_files(settings_file)
    wait_for(page, "Settings loaded. 3 settings were set.")
    unfold(page, "Text files")
    page.locator("#files").get_by_test_id("file-upload").set_input_files(text_file)
    expect(page.locator("#files")).to_contain_text("story", timeout=PATIENCE)
    generate_button(page).click()
    wait_for(page, "Done.")

    expect(page.locator("#speak-status")).to_contain_text("seed 11")
    expect(page.locator("#quality tbody tr").nth(1)).to_contain_text("The text of the file.")
    expect(page.locator("#speak-files")).to_contain_text(".srt")


def test_the_page_alone_speaks_too(open_page: OpenPage, tmp_path: Path) -> None:
    with serving("Chatter.py", tmp_path, "/") as address:
        page = open_page(address)
        generate(page, "Hello from the page alone.")

        assert voice_of(*download(page, tmp_path)) == "tone-a"
        page.close()


def test_a_stop_does_not_wait_for_open_pages(chromium: Browser, tmp_path: Path) -> None:
    page = chromium.new_page()
    with serving("Chatter.py", tmp_path, "/", delay=DELAY) as address:
        page.goto(address)
        expect(generate_button(page)).to_be_enabled(timeout=PATIENCE)
        write(page, LONG_TEXT)
        generate_button(page).click()
        wait_for(page, "Chunk ")
        leaving = time.monotonic()

    assert time.monotonic() - leaving < 4
    wait_for(page, "The service is stopping.")
    page.close()
