"""Previewing a text, and speaking text files."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.support.tones import decode

PREVIEW = "/api/v1/text/preview"
FILES = "/api/v1/tts/files"


def preview(client: TestClient, text: str, **fields: object) -> dict[str, Any]:
    reply = client.post(PREVIEW, json={"text": text, **fields})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_a_preview_shows_text_and_chunks(client: TestClient) -> None:
    body = preview(
        client, "Dr. Smith paid $3.50 at once.12 J.R.R. Tolkien didn’t. [pause:2s] [voice:tone-c] Bye now, all of you!"
    )
    assert body["engine"] == "tone"
    assert [chunk["index"] for chunk in body["chunks"]] == list(range(len(body["chunks"])))
    assert body["chunks"][-1]["voice"] == "tone-c"
    assert body["chunks"][-2]["pause_after_ms"] == 2000
    assert "three dollars and fifty cents" in " ".join(chunk["spoken"] for chunk in body["chunks"])
    assert body["normalized"].split() == " ".join(chunk["text"] for chunk in body["chunks"]).split()


def test_a_preview_follows_the_fields(client: TestClient) -> None:
    assert preview(client, "Hello There, My Friend.")["normalized"] == "hello there, my friend."
    assert preview(client, "Hello There, My Friend.", to_lowercase=False)["normalized"] == "Hello There, My Friend."
    assert preview(client, "Some [laugh] words are here.")["warnings"]


def test_a_preview_generates_nothing(client: TestClient) -> None:
    core = client.app.state.core  # type: ignore[attr-defined]
    core.engine.generate = None
    assert preview(client, "Hello there.")["chunks"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "Hi.", "seed": 3}, "seed"),
        ({"text": "Hi.", "voice": "nobody"}, "voice"),
        ({"text": "Hi.", "pronunciations": {"": "x"}}, "pronunciations"),
        ({"text": "Hi.", "sound_words_field": "x" * 300}, "sound_words_field"),
        ({"text": "Hi [pause:99h] there."}, "text"),
    ],
)
def test_impossible_previews_name_their_field(client: TestClient, body: dict[str, Any], field: str) -> None:
    reply = client.post(PREVIEW, json=body)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"].startswith(field)


@pytest.mark.checks
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=300))
def test_check_10_any_text_is_shown_whole_or_refused(client: TestClient, text: str) -> None:
    reply = client.post(PREVIEW, json={"text": text})
    assert reply.status_code in (200, 422)
    if reply.status_code == 200:
        body = reply.json()
        shown = "".join(chunk["text"] for chunk in body["chunks"])
        words = "".join(warning.partition(": ")[2] for warning in body["warnings"])
        # Which capitals stay depends on the sentence around, which a chunk may not see whole.
        assert sorted(letters(shown + words).lower()) == sorted(letters(body["normalized"]).lower()) or len(words) >= 80


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def upload(client: TestClient, files: dict[str, bytes], **options: object) -> Any:
    parts = [("files", (name, content, "text/plain")) for name, content in files.items()]
    return client.post(FILES, files=parts, data={"options": json.dumps(options)})


def test_files_are_joined_in_their_order(client: TestClient) -> None:
    reply = upload(
        client, {"b.txt": b"The first text.", "a.md": b"# Title\n\nThe **second** text."}, export_formats=["wav"]
    )
    [result] = reply.json()["results"]
    assert [chunk["text"] for chunk in result["quality"]["chunks"]] == ["The first text.", "Title", "The second text."]
    assert result["output_files"][0]["filename"].startswith("b_a_")


def test_separate_files_make_separate_results(client: TestClient) -> None:
    reply = upload(
        client, {"one.txt": b"The first text.", "two.txt": "Zweiter – Text.".encode()}, separate=True,
        export_formats=["wav"], folder="book", captions=["srt"],
    )  # fmt: skip
    first, second = reply.json()["results"]
    assert first["output_files"][0]["filename"].startswith("book/one_")
    assert second["output_files"][0]["filename"].startswith("book/two_")
    assert client.get(second["captions"][0]["url"]).text.count("-->") == 1
    root = client.app.state.core.outputs.root  # type: ignore[attr-defined]
    assert decode(root / first["output_files"][0]["filename"])[1] == 24_000


@pytest.mark.parametrize(
    ("files", "options", "status", "field"),
    [
        ({"a.pdf": b"x"}, {}, 415, "files"),
        ({"a.txt": b""}, {}, 422, "files"),
        ({"a.txt": b"\x00\x01\x02"}, {}, 422, "files"),
        ({"a.txt": b"Hello."}, {"speed_factor": 9}, 422, "options.speed_factor"),
        ({"a.txt": b"Hello."}, {"text": "no"}, 422, "options.text"),
        ({"a.txt": b"Hello.", "b.txt": b"[voice:nobody] Hi."}, {"separate": True}, 422, "text"),
    ],
)
def test_impossible_files_are_refused_before_any_work(
    client: TestClient, files: dict[str, bytes], options: dict[str, object], status: int, field: str
) -> None:
    reply = upload(client, files, **options)
    assert reply.status_code == status, reply.text
    assert reply.json()["detail"][0]["field"] == field
    root = client.app.state.core.outputs.root  # type: ignore[attr-defined]
    assert not root.exists() or list(root.rglob("*.wav")) == []
