"""What the Jobs tab does with the job service, without a browser."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from core_engine import CoreEngine
from jobs.service import Jobs
from tests.conftest import CoreMaker
from tests.support.tones import decode
from ui.page import inside_a_loop
from ui.tabs.jobs import JobHandlers, JobsTab, build_jobs_tab
from ui.tabs.speak import build_speak_tab

TEXT = "\n\n".join(f"Paragraph {number} of the book." for number in range(4))


class Page:
    """The Jobs tab without a browser; new values by the names of its components."""

    def __init__(self, core: CoreEngine, service: Jobs) -> None:
        self.tab = inside_a_loop(lambda: self._build(core, service))
        self.handlers = JobHandlers(core, service, self.tab)
        self._names = {
            getattr(self.tab, field.name): field.name
            for field in dataclasses.fields(self.tab)
            if field.name != "settings"
        }

    @staticmethod
    def _build(core: CoreEngine, service: Jobs) -> JobsTab:
        with gr.Blocks() as page:
            speak = build_speak_tab(core, page, with_api=True)
            with gr.Tab() as tab:
                return build_jobs_tab(core, service, speak.inputs, page, tab)

    def hand_in(self, **values: Any) -> dict[str, Any]:
        given = {component: component.value for component in self.tab.settings.values()}
        given |= {self.tab.text: "", self.tab.files: None, self.tab.title: "", self.tab.kept: []}
        given |= {getattr(self.tab, name): value for name, value in values.items()}
        return self.named(self.handlers.hand_in(given))

    def named(self, shown: dict[Any, Any]) -> dict[str, Any]:
        return {self._names[component]: value for component, value in shown.items()}

    def wait_until_done(self, job_id: str) -> dict[str, Any]:
        for _ in range(200):
            shown = self.named(self.handlers.look([job_id], job_id))
            if "done." in shown["status"]:
                return shown
            time.sleep(0.05)
        raise AssertionError(shown["status"])


@pytest.fixture
def page(make_core: CoreMaker) -> Iterator[Page]:
    core = make_core()
    service = Jobs(core)
    service.start()
    yield Page(core, service)
    service.close()


def test_a_text_becomes_a_job_whose_files_are_offered(page: Page) -> None:
    shown = page.hand_in(text=TEXT, title="A book")
    [job_id] = shown["kept"]
    done = page.wait_until_done(job_id)

    assert "A book" in shown["jobs"]["choices"][0][0] and shown["jobs"]["value"] == job_id
    assert shown["timer"].active and not done["timer"].active
    assert "4 of 4 chunks" in done["status"]
    assert len(decode(done["result"]["value"][0])[0]) > 0
    assert "Paragraph 3 of the book." in page.handlers.list_chunks(job_id, 1)


def test_a_chunk_is_heard_and_made_again(page: Page) -> None:
    [job_id] = page.hand_in(text=TEXT)["kept"]
    page.wait_until_done(job_id)

    before = decode(page.named(page.handlers.listen(job_id, 2))["clip"]["value"])[0]
    page.handlers.redo(job_id, 2, "Another sentence, which is longer.")
    page.wait_until_done(job_id)

    assert len(decode(page.named(page.handlers.listen(job_id, 2))["clip"]["value"])[0]) > len(before)
    assert "Another sentence, which is longer." in page.handlers.list_chunks(job_id, 1)


def test_only_jobs_of_this_browser_are_listed_and_forgotten_ones_are_gone(page: Page) -> None:
    [job_id] = page.hand_in(text=TEXT)["kept"]
    page.wait_until_done(job_id)

    assert page.named(page.handlers.look([], None))["jobs"]["choices"] == []
    assert "kept" not in page.named(page.handlers.delete(job_id, False, [job_id]))
    gone = page.named(page.handlers.delete(job_id, True, [job_id]))
    assert gone["kept"] == [] and gone["jobs"]["choices"] == []


@pytest.mark.parametrize("steer", ["pause", "resume", "cancel"])
def test_steering_what_is_over_gets_a_sentence(page: Page, steer: str) -> None:
    [job_id] = page.hand_in(text=TEXT)["kept"]
    page.wait_until_done(job_id)

    assert "status bad" in page.named(getattr(page.handlers, steer)(job_id))["status"]
    assert "Choose a job first." in page.named(getattr(page.handlers, steer)(None))["status"]


def test_a_blank_text_makes_no_job(page: Page) -> None:
    shown = page.hand_in(text=" ")

    assert set(shown) == {"status"} and "There is no text to speak." in shown["status"]
