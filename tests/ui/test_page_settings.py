"""The page in a real browser: what it keeps, presets, earlier results, commands, help, and whether all can use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import serious_faults
from tests.support.browser import (
    PATIENCE,
    OpenPage,
    choose_voice,
    download,
    generate,
    generate_button,
    open_tab,
    unfold,
    wait_for,
    write,
)
from tests.support.tones import decode, voice_of

pytestmark = [pytest.mark.browser, pytest.mark.process]

TABS = ("Speak", "Jobs", "Convert", "Voices", "Join", "Files", "System", "Help")


def choose_preset(page: Page, name: str) -> None:
    page.get_by_label("Preset", exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


def test_the_form_is_as_it_was_left(open_page: OpenPage) -> None:
    page = open_page()
    choose_voice(page, "tone-c")
    write(page, "A text that is kept.")
    choose_preset(page, "Narration")
    expect(page.locator("#speed input[type=number]")).to_have_value("0.95")

    page.reload()

    expect(page.locator("#text textarea")).to_have_value("A text that is kept.")
    expect(page.get_by_label("Voice")).to_have_value("440 Hz (tone-c)")
    expect(page.locator("#speed input[type=number]")).to_have_value("0.95")
    expect(page.get_by_label("Preset", exact=True)).to_have_value("Narration")


def test_another_browser_sees_nothing_of_it(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    generate(first, "The secret of the first user.")
    second.reload()
    unfold(second, "Earlier results")
    unfold(first, "Earlier results")

    expect(first.locator("#results input")).to_have_count(1, timeout=PATIENCE)
    expect(second.locator("#results input")).to_have_count(0)
    assert "secret" not in second.locator("body").inner_text()


def test_presets_are_saved_shared_and_loaded(open_page: OpenPage, tmp_path: Path) -> None:
    first, second = open_page(), open_page()
    choose_preset(first, "Dialogue")
    unfold(first, "More settings")
    first.get_by_label("Keep these settings as a preset").fill("Stage play")
    first.get_by_role("button", name="Save", exact=True).click()
    wait_for(first, "Stage play is kept")

    with first.expect_download() as waiting:
        first.get_by_role("button", name="Share as a file").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    unfold(second, "More settings")
    second.get_by_test_id("Load settings from a file-upload-button").set_input_files(file)
    wait_for(second, "Settings loaded.")

    assert json.loads(file.read_text())["settings"]["paragraph_pause_ms"] == 350
    expect(second.get_by_label("Preset", exact=True)).to_have_value("Stage play")
    expect(second.locator("#field-paragraph_pause_ms input[type=number]")).to_have_value("350")
    choose_preset(second, "Standard")
    expect(second.locator("#field-paragraph_pause_ms input[type=number]")).to_have_value("600")
    second.reload()
    choose_preset(second, "Stage play")
    unfold(second, "More settings")
    expect(second.locator("#field-paragraph_pause_ms input[type=number]")).to_have_value("350")


def test_earlier_results_are_heard_again(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    choose_voice(page, "tone-b")
    generate(page, "The first result.")
    choose_voice(page, "tone-h")
    generate(page, "The second result.")
    unfold(page, "Earlier results")
    expect(page.get_by_role("radio", name="The second result.")).to_be_visible(timeout=PATIENCE)
    page.reload()
    unfold(page, "Earlier results")

    page.get_by_role("radio", name="The first result.").check()
    wait_for(page, "An earlier result.")
    assert voice_of(*download(page, tmp_path)) == "tone-b"
    page.get_by_role("button", name="Set all controls as they were").click()
    wait_for(page, "All controls are as they were.")

    expect(page.locator("#text textarea")).to_have_value("The first result.")
    expect(page.get_by_label("Voice")).to_have_value("330 Hz (tone-b)")


def test_commands_do_what_the_page_does(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    choose_voice(page, "tone-e")
    write(page, 'It\'s "quoted" $HOME.')
    unfold(page, "As a command")
    expect(page.locator("#curl .cm-content")).to_contain_text("tone-e", timeout=PATIENCE)
    lines = "() => [...document.querySelectorAll('#NAME .cm-line')].map(line => line.textContent).join('\\n')"
    curl, program = (page.evaluate(lines.replace("NAME", name)) for name in ("curl", "python"))

    subprocess.run(["bash", "-c", curl], cwd=tmp_path, check=True, timeout=60)
    by_curl = decode(tmp_path / "speech.wav")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    by_python = decode(tmp_path / "speech.wav")

    assert voice_of(*by_curl) == voice_of(*by_python) == "tone-e"
    assert len(by_curl[0]) == len(by_python[0]) > 0


def test_captions_run_with_the_player(open_page: OpenPage) -> None:
    page = open_page()
    generate(page, "These words are shown while they are heard, and a few more follow.")

    page.get_by_role("button", name="Play", exact=True).click()

    expect(page.get_by_test_id("subtitle-display")).to_contain_text("These words", timeout=PATIENCE)


def test_help_tells_of_every_setting(open_page: OpenPage) -> None:
    page = open_page()
    open_tab(page, "Help")
    unfold(page, "Files and pauses")

    expect(page.get_by_role("cell", name="paragraph_pause_ms")).to_be_visible()


def test_the_system_tab_tells_engine_and_load(open_page: OpenPage) -> None:
    page = open_page()
    open_tab(page, "System")

    expect(page.locator("#system-state")).to_contain_text("ready: The models are loaded.", timeout=PATIENCE)
    expect(page.get_by_role("row", name="Engine tone")).to_contain_text("tone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    generate(page, "Hello.\n\nThere.")
    unfold(page, "Earlier results", "Text files", "More settings", "As a command")
    unfold(page, "Reading the text", "Delivery", "Takes and checking", "Finishing the sound")

    for tab in TABS:
        open_tab(page, tab)
        expect(page.get_by_role("tabpanel").filter(visible=True).first).to_be_visible()
        assert serious_faults(page) == []


def test_the_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#text textarea").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Typed by hand.")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "speak-start":
            break
    page.keyboard.press("Enter")

    wait_for(page, "Done.")
    expect(generate_button(page)).to_be_enabled()
    expect(page.locator("#quality")).to_contain_text("Typed by hand.")
