"""What the Jobs tab does with the job service, without a browser."""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from core_engine import CoreEngine
from jobs.service import Jobs
from speech.engines.tone import ToneFaults
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.epubs import sea_book
from tests.support.tones import decode
from ui.page import inside_a_loop
from ui.tabs.jobs import JobHandlers, JobsTab, build_jobs_tab
from ui.tabs.speak import build_speak_tab

EMPTY: dict[str, Any] = {
    "text": "", "files": None, "book": "", "chapters": [], "title": "", "author": "", "cast": "", "captions": [],
    "priority": 0, "webhook": "", "kept": [],
}  # fmt: skip
TEXT = "\n\n".join(f"Paragraph {number} of the book." for number in range(4))


class Page:
    """The Jobs tab without a browser; new values by the names of its components."""

    def __init__(self, core: CoreEngine, service: Jobs) -> None:
        self.core, self.service = core, service
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

    def form(self, **values: Any) -> dict[Any, Any]:
        given = {component: component.value for component in self.tab.settings.values()}
        given |= {getattr(self.tab, name): value for name, value in EMPTY.items()}
        return given | {getattr(self.tab, name): value for name, value in values.items()}

    def hand_in(self, **values: Any) -> dict[str, Any]:
        return self.named(self.handlers.hand_in(self.form(**values)))

    def named(self, shown: dict[Any, Any]) -> dict[str, Any]:
        return {self._names[component]: value for component, value in shown.items()}

    def heard(self, steps: Iterator[dict[Any, Any]]) -> Samples | None:
        """What the player gets, decoded while it is there; afterwards nothing of it is left."""
        shown = self.named(next(steps))
        clip = shown["clip"]
        assert clip or "Nothing of this chapter is spoken yet." in shown["status"]
        samples = decode(clip["value"])[0] if clip else None
        assert list(steps) == []
        assert not list(self.core.settings.paths.temp_dir.glob("request-*/ch*.wav"))
        return samples

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

    before = page.heard(page.handlers.listen(job_id, 2))
    page.handlers.redo(job_id, 2, "Another sentence, which is longer.", None)
    page.wait_until_done(job_id)

    after = page.heard(page.handlers.listen(job_id, 2))
    assert before is not None and after is not None and len(after) > len(before)
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


def test_a_book_is_estimated_and_read_as_chosen(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "sea.epub"
    file.write_bytes(sea_book())
    taken = page.named(page.handlers.requests.take_book(str(file)))
    assert taken["title"] == "The Sea" and taken["chapters"]["value"] == [1, 2, 3]
    assert "2 left out" in taken["status"] and "(left out: " in taken["chapters"]["choices"][0][0]

    chosen = {"book": taken["book"], "title": "My Sea", "chapters": [3, 1], "captions": ["srt"], "cast": "Anna: tone-b"}
    assert "of speech" in page.named(page.handlers.requests.estimate(page.form(**chosen)))["status"]
    shown = page.hand_in(**chosen)
    assert shown["book"] == "" and shown["book_options"]["visible"] is False
    [job_id] = shown["kept"]
    done = page.wait_until_done(job_id)
    assert [title for title, _ in done["part"]["choices"]] == ["Chapter One", "Chapter Three"]
    endings = [Path(name).suffix for name in done["result"]["value"]]
    assert endings.count(".m4b") == endings.count(".srt") == 1 and endings.count(".wav") == 2
    [shown] = map(page.named, page.handlers.listen_to_part(job_id, 1))
    chapter = shown["clip"]["value"]
    assert "Chapter_Three" in chapter and len(decode(chapter)[0]) > 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"chapters": []}, "Choose at least one chapter."), ({"cast": "Anna tone-b"}, "speaker: voice")],
)
def test_what_is_missing_of_a_book_is_said(page: Page, values: dict[str, Any], sentence: str) -> None:
    shown = page.hand_in(**{"book": "0" * 24, "chapters": [0], **values})

    assert set(shown) == {"status"} and sentence in shown["status"]


def test_what_is_no_book_leaves_none(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "x.epub"
    file.write_bytes(b"PK")

    shown = page.named(page.handlers.requests.take_book(str(file)))
    assert shown["book"] == "" and "status bad" in shown["status"]
    assert page.named(page.handlers.requests.take_book(None))["book_options"]["visible"] is False


def test_a_chapter_is_heard_while_the_rest_is_spoken(page: Page) -> None:
    page.core.engine._faults = ToneFaults(delay=0.2)  # type: ignore[attr-defined]
    [job_id] = page.hand_in(text=TEXT * 5)["kept"]
    for _ in range(100):
        beginning = page.heard(page.handlers.listen_to_part(job_id, 0))
        if beginning is not None:
            break
        time.sleep(0.05)

    assert page.named(page.handlers.look([job_id], None))["jobs"]["value"] == job_id
    assert page.service.get(job_id).state == "running"
    assert beginning is not None and len(beginning) > 0
