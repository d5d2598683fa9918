"""Our Python client where something goes on for a while: streams, conversations, jobs, busy and broken connections."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from client import (
    AsyncClient,
    BusyError,
    Client,
    InvalidRequestError,
    JobNotDoneError,
    NotFoundError,
    RefusedError,
    ServiceError,
    Talk,
    TalkEvent,
    UnreachableError,
)
from core_engine import CoreEngine
from guard.keys import KeyStore
from speech.engines.tone import ToneFaults
from tests.clients.conftest import Ask, awaited, blocking
from tests.conftest import CoreMaker
from tests.support.listening import decoded, serving
from tests.support.recordings import speechlike, wav_bytes
from tests.support.server import free_port
from tests.support.tones import voice_of
from tests.support.validators import scores

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background. It is easy to tell the depth."
LONG = "One sentence here. " * 100

Hear = Callable[..., tuple[list[bytes], Any]]


def hear_blocking(url: str, text: str, most: int | None = None, **fields: Any) -> tuple[list[bytes], Any]:
    parts = []
    with Client(url) as client, client.stream(text, **fields) as audio:
        for block in audio.blocks:
            parts.append(block)
            if len(parts) == most:
                break
    return parts, audio


def hear_awaited(url: str, text: str, most: int | None = None, **fields: Any) -> tuple[list[bytes], Any]:
    async def run() -> tuple[list[bytes], Any]:
        parts = []
        async with AsyncClient(url) as client, client.stream(text, **fields) as audio:
            async for block in audio.blocks:
                parts.append(block)
                if len(parts) == most:
                    break
        return parts, audio

    return asyncio.run(run())


both = pytest.mark.parametrize("hear", [hear_blocking, hear_awaited])


@both
def test_audio_arrives_while_the_rest_is_made(make_core: CoreMaker, hear: Hear) -> None:
    core = make_core(ToneFaults(delay=0.1))
    with serving(core) as http:
        parts, audio = hear(str(http.base_url), TEXT, format="pcm", voice="tone-e", seed=4)
    assert (audio.media_type, audio.sample_rate, audio.seed) == ("audio/pcm", 24_000, 4)
    assert len(parts) >= 3
    assert voice_of(*decoded(b"".join(parts), "pcm")) == "tone-e"


@both
def test_leaving_a_stream_stops_the_work(make_core: CoreMaker, hear: Hear) -> None:
    core = make_core(ToneFaults(delay=0.1))
    with serving(core) as http:
        parts, _ = hear(str(http.base_url), LONG, most=1)
        assert len(parts) == 1
        end = time.monotonic() + 5
        while core.active_requests and time.monotonic() < end:
            time.sleep(0.01)
        assert core.active_requests == 0


@both
def test_a_stream_that_breaks_off_is_told(make_core: CoreMaker, hear: Hear) -> None:
    fields = {"on_failure": "fail", "max_attempts_per_candidate": 1, "num_candidates_per_chunk": 1}
    with serving(make_core(validator=scores(0.9, 0.1))) as http, pytest.raises(UnreachableError):
        hear(str(http.base_url), TEXT, **fields)


@both
def test_a_stream_that_cannot_begin_is_refused(make_core: CoreMaker, hear: Hear) -> None:
    with serving(make_core()) as http, pytest.raises(InvalidRequestError) as caught:
        hear(str(http.base_url), TEXT, voice="nobody")
    assert caught.value.field == "voice"


def talking(core: CoreEngine, conversation: Callable[[Talk], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def run(url: str) -> None:
        async with AsyncClient(url, api_key=options.pop("api_key", "")) as client, client.talk(**options) as talk:
            await asyncio.wait_for(conversation(talk), 20)

    with serving(core) as http:
        asyncio.run(run(str(http.base_url)))


async def until(talk: Talk, kind: str) -> list[TalkEvent]:
    events: list[TalkEvent] = []
    async for event in talk:
        events.append(event)
        if event.type == kind:
            return events
    raise AssertionError(f"the conversation ended before {kind}: {events}")


def test_text_is_spoken_as_it_is_written(make_core: CoreMaker) -> None:
    async def conversation(talk: Talk) -> None:
        for piece in ("The birch ", "canoe slid. Glue ", "the sheet"):
            await talk.write(piece)
        first = await until(talk, "speaking")
        assert (first[0].type, first[0].format, first[0].sample_rate) == ("started", "wav", 24_000)
        assert first[1].text == "The birch canoe slid."
        await talk.flush()
        rest = await until(talk, "speaking")
        await talk.end()
        rest += await until(talk, "done")
        audio = b"".join(event.audio for event in first + rest)
        samples, rate = decoded(audio, "wav")
        assert voice_of(samples, rate) == "tone-b"
        assert len(samples) / rate == pytest.approx(rest[-1].audio_seconds, abs=0.01)

    talking(make_core(), conversation, format="wav", voice="tone-b")


def test_a_conversation_can_be_silenced_and_goes_on(make_core: CoreMaker) -> None:
    async def conversation(talk: Talk) -> None:
        await talk.write(LONG)
        await until(talk, "speaking")
        await talk.cancel()
        assert (await until(talk, "cancelled"))[-1].audio_seconds < 10
        await talk.write("Yes?")
        await talk.end()
        assert "Yes?" in [event.text for event in await until(talk, "done")]

    talking(make_core(ToneFaults(delay=0.05)), conversation)


def test_a_failed_utterance_is_raised_and_the_next_may_follow(make_core: CoreMaker) -> None:
    async def conversation(talk: Talk) -> None:
        await talk.write("Hello there.\n")
        with pytest.raises(RefusedError) as caught:
            await until(talk, "audio")
        assert caught.value.code == "GENERATION_ERROR"
        await talk.write("Hello again.\n")
        await until(talk, "audio")

    once = {"num_candidates_per_chunk": 1, "max_attempts_per_candidate": 1}
    talking(make_core(ToneFaults("raise", 1)), conversation, **once)


def test_a_faulty_start_ends_the_conversation(make_core: CoreMaker) -> None:
    async def conversation(talk: Talk) -> None:
        with pytest.raises(RefusedError, match="speed_factor"):
            await until(talk, "started")
        assert [event async for event in talk] == []
        with pytest.raises(UnreachableError):
            await talk.write("Hello?")

    talking(make_core(), conversation, speed_factor=9.0)


def test_a_conversation_needs_the_key(make_core: CoreMaker, tmp_path: Path) -> None:
    key = KeyStore(tmp_path / "keys.json").add("client", ["speak"])
    core = make_core(paths={"keys_file": tmp_path / "keys.json"})

    async def conversation(talk: Talk) -> None:
        await talk.write("Hello.\n")
        await until(talk, "audio")

    talking(core, conversation, api_key=key)
    with pytest.raises(RefusedError):
        talking(core, conversation, api_key="wrong")


def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, attempts=1) as client, pytest.raises(UnreachableError):
        client.health()

    async def talk() -> None:
        async with AsyncClient(url) as client, client.talk():
            pass

    with pytest.raises(UnreachableError):
        asyncio.run(talk())


def test_a_job_is_handed_in_once_waited_for_and_fetched(ask: Ask, tmp_path: Path) -> None:
    first = ask("submit_job", TEXT, key="one", export_formats=["wav"], seed=7)
    assert ask("submit_job", TEXT, key="one", export_formats=["wav"], seed=7)["id"] == first["id"]
    seen: list[str] = []
    job = ask(
        "wait_for_job", first["id"], timeout=30, poll_seconds=0.02, on_progress=lambda job: seen.append(job["id"])
    )
    assert job["progress"]["share"] == 1.0 and set(seen) == {first["id"]}
    [file] = job["result"]["output_files"]
    path = ask("download", file["filename"], tmp_path / "book.wav")
    assert path.stat().st_size == file["size_bytes"]


def test_a_long_recording_is_converted_by_a_job(ask: Ask, tmp_path: Path) -> None:
    (file := tmp_path / "talk.wav").write_bytes(wav_bytes(speechlike(4.0)))
    name = ask("upload_input", file, folder="talks")["filename"]
    assert name == "talks/talk.wav"
    assert ask("estimate_conversion", name, "tone-d")["audio_seconds"] == 4.0
    job = ask("submit_conversion", name, "tone-d", chunk_sec=1.5, export_formats=["wav"], title="A talk")
    done = ask("wait_for_job", job["id"], timeout=30, poll_seconds=0.02)
    assert (done["type"], done["title"]) == ("vc", "A talk") and done["progress"]["chunks"] > 2
    content = ask("output", done["result"]["output_files"][0]["filename"])
    assert voice_of(*decoded(content, "wav")) == "tone-d"
    with pytest.raises(InvalidRequestError, match="from the library"):
        ask("submit_conversion", name, "https://example.org/voice.wav")


@pytest.mark.parametrize("connected", [blocking, awaited])
def test_a_job_can_be_steered(make_core: CoreMaker, connected: Any) -> None:
    with connected(make_core(ToneFaults(delay=0.2))) as ask:
        job_id = ask("submit_job", LONG)["id"]
        with pytest.raises(JobNotDoneError, match="still"):
            ask("wait_for_job", job_id, timeout=0.0)
        assert ask("pause_job", job_id)["state"] == "paused"
        assert ask("resume_job", job_id)["state"] in ("queued", "running")
        assert ask("cancel_job", job_id)["state"] == "cancelled"
        with pytest.raises(JobNotDoneError) as caught:
            ask("wait_for_job", job_id)
        assert caught.value.job["state"] == "cancelled"


def test_a_book_is_read_and_a_chunk_of_it_made_again(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "sea.md"
    file.write_text(f"# One\n\n{TEXT}\n\n# Two\n\nThe end.\n", "utf-8")
    book = ask("upload_book", file)
    assert [chapter["title"] for chapter in book["chapters"]] == ["One", "Two"]
    assert ask("estimate_audiobook", book["id"])["chunks"] > ask("estimate_job", "One sentence.")["chunks"] == 1

    job_id = ask("submit_audiobook", book["id"], title="The Sea", chapters=[1], chapter_formats=[])["id"]
    ask("wait_for_job", job_id, timeout=30, poll_seconds=0.02)
    chunk = ask("job_chunks", job_id, part=0)["chunks"][-1]
    assert ask("job_chunks", job_id, part=1)["total"] == 0
    assert voice_of(*decoded(ask("job_chunk_audio", job_id, chunk["number"]), "wav")) == chunk["voice"]
    with pytest.raises(NotFoundError):
        ask("job_chunk_audio", job_id, chunk["number"] + 1)
    assert (chunk["text"], chunk["state"]) == ("The end.", "done")
    ask("redo_chunk", job_id, chunk["number"], text="The very end.")
    ask("wait_for_job", job_id, timeout=30, poll_seconds=0.02)
    assert [chunk["text"] for chunk in ask("job_chunks", job_id)["chunks"]] == ["Two", "The very end."]

    assert [job["title"] for job in ask("jobs", state="done")["jobs"]] == ["The Sea"]
    ask("delete_job", job_id)
    assert ask("jobs")["total"] == 0


def test_events_of_a_job_until_its_end_and_from_one_of_them(make_core: CoreMaker) -> None:
    async def all_of(url: str, job_id: str, after: str) -> list[Any]:
        async with AsyncClient(url) as client:
            return [event async for event in client.job_events(job_id, after)]

    with serving(make_core()) as http, Client(str(http.base_url)) as client:
        job_id = client.submit_job(TEXT)["id"]
        events = list(client.job_events(job_id))
        assert events[-1].event == "state" and events[-1].data["state"] == "done"
        assert [event.event for event in events].count("chunk") == client.job(job_id)["progress"]["chunks"]
        assert asyncio.run(all_of(str(http.base_url), job_id, events[1].id)) == events[2:]


class Broken(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that ends with a lost connection."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx2.ReadError("lost")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        raise httpx2.ReadError("lost")


def event(number: int) -> bytes:
    return f'id: {number}\nevent: chunk\ndata: {{"chunk": {number}}}\n\n'.encode()


class Script:
    """Answers in turn; remembers what was asked."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.asked.append(request)
        return self.answers.pop(0)


def ask_script(kind: type, script: Script, method: str, *arguments: Any) -> Any:
    transport = httpx2.MockTransport(script)
    if kind is Client:
        with Client(transport=transport) as client:
            found = getattr(client, method)(*arguments)
            return list(found) if method == "job_events" else found

    async def run() -> Any:
        async with AsyncClient(transport=transport) as client:
            found = getattr(client, method)(*arguments)
            return [event async for event in found] if method == "job_events" else await found

    return asyncio.run(run())


kinds = pytest.mark.parametrize("kind", [Client, AsyncClient])


def busy(seconds: str = "0", status: int = 429) -> httpx2.Response:
    return httpx2.Response(
        status, json={"error": "Full.", "error_code": "QUEUE_FULL"}, headers={"Retry-After": seconds}
    )


@kinds
def test_listening_goes_on_after_a_lost_connection(kind: type) -> None:
    head = {"Content-Type": "text/event-stream"}
    script = Script(
        httpx2.Response(200, headers=head, stream=Broken(event(1) + event(2))),
        httpx2.Response(200, headers=head, content=event(3)),
        httpx2.Response(204),
    )
    assert [found.data["chunk"] for found in ask_script(kind, script, "job_events", "one")] == [1, 2, 3]
    assert [request.headers.get("Last-Event-ID") for request in script.asked] == [None, "2", "3"]


@kinds
def test_what_may_be_repeated_waits_for_a_busy_service(kind: type) -> None:
    script = Script(busy(), busy(status=503), httpx2.Response(200, json={"status": "healthy"}))
    assert ask_script(kind, script, "health") == {"status": "healthy"}
    script = Script(busy(), httpx2.Response(202, json={"id": "one"}))
    assert ask_script(kind, script, "submit_job", "Hello.")["id"] == "one"
    assert len({request.headers["Idempotency-Key"] for request in script.asked}) == 1
    assert len(script.asked) == 2


@kinds
@pytest.mark.parametrize(
    ("method", "answer", "times"),
    [
        ("speak", busy(), 1),  # would speak twice
        ("health", busy("61"), 1),  # too long to wait
        ("health", busy(), 3),
        ("health", httpx2.Response(500), 1),
    ],
)
def test_the_rest_is_raised_at_once(kind: type, method: str, answer: httpx2.Response, times: int) -> None:
    script = Script(*[httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)] * 3)
    with pytest.raises(ServiceError) as caught:
        ask_script(kind, script, method, *(["Hello."] if method == "speak" else []))
    assert len(script.asked) == times
    assert isinstance(caught.value, BusyError) == (answer.status_code == 429)
    if isinstance(caught.value, BusyError):
        assert caught.value.retry_after == float(answer.headers["Retry-After"])


@kinds
def test_a_download_that_breaks_off_leaves_nothing(kind: type, tmp_path: Path) -> None:
    script = Script(httpx2.Response(200, stream=Broken(b"RIFF")))
    with pytest.raises(UnreachableError):
        ask_script(kind, script, "download", "a.wav", tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []
