"""`start.py job` against the whole application on a socket."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import job_cli
from guard.keys import KeyStore
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.listening import serving
from tests.support.recordings import speechlike, wav_bytes
from tests.support.server import free_port
from tests.support.tones import decode

Say = Callable[..., tuple[int, list[str], str]]

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background."
BOOK = f"# One\n\n{TEXT}\n\n# Two\n\nThe end.\n\n# Index\n\nCanoe, 1.\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command; gives its exit code, its lines and what went to the error stream."""

    def run(*words: object) -> tuple[int, list[str], str]:
        code = job_cli.main([str(word) for word in words])
        shown = capsys.readouterr()
        return code, shown.out.splitlines(), shown.err

    return run


@pytest.fixture
def job(make_core: CoreMaker, run: Say) -> Iterator[Say]:
    """The same against a running service; the action comes first."""
    with serving(make_core()) as http:
        yield lambda action, *words: run(action, *words, "--url", http.base_url)


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    file = tmp_path / "report.txt"
    file.write_text(TEXT, "utf-8")
    return file


def test_a_text_is_handed_in_followed_and_fetched(job: Say, text_file: Path, tmp_path: Path) -> None:
    code, [job_id, *files], told = job(
        "submit", text_file, "--title", "Canoes", "--set", 'export_formats=["wav", "mp3"]', "--follow"
    )
    assert code == 0 and "done: 2 of 2 chunks (100%)" in told
    assert [name.rpartition(".")[2] for name in files] == ["wav", "mp3"]

    code, fetched, _ = job("download", job_id, "-o", tmp_path / "new" / "folder")
    assert code == 0 and [Path(path).name for path in fetched] == files
    assert all(len(decode(Path(path))[0]) > 24_000 for path in fetched)
    assert [line.split()[:3] for line in job("list", "--state", "done")[1]] == [[job_id, "done", "100%"]]


def test_a_book_is_estimated_read_corrected_and_forgotten(job: Say, tmp_path: Path) -> None:
    file = tmp_path / "sea.md"
    file.write_text(BOOK, "utf-8")
    _, estimated, _ = job("estimate", file, "--book")
    assert ["One" in line for line in estimated[:3]] == [True, False, False]
    assert "left out" in estimated[2] and estimated[3].startswith("5 chunks, 0 of them")

    job_id = job("submit", file, "--book", "--set", "chapter_formats=[]", "--set", "author=Anna", "--follow")[1][0]
    assert job("listen", job_id, "--chunk", 4, "-o", (clip := tmp_path / "clip.wav"))[:2] == (0, [str(clip)])
    assert job("listen", job_id, "--chapter", 0, "-o", (chapter := tmp_path / "chapter.wav"))[0] == 0
    assert 0 < len(decode(clip)[0]) < len(decode(chapter)[0])
    assert job("redo", job_id, 4, "--text", "The very end.")[0] == 0
    assert job("show", job_id, "--follow")[1][1].endswith(".m4b")
    assert "passed" not in (line := job("chunks", job_id)[1][4]) and line.endswith("The very end.")
    assert job("delete", job_id)[0] == 0
    assert job("list")[1:] == ([], "0 jobs, page 1 of 1\n")


def test_a_recording_is_converted(job: Say, tmp_path: Path) -> None:
    (file := tmp_path / "talk.wav").write_bytes(wav_bytes(speechlike(4.0)))
    options = (file, "--to", "tone-d", "--set", "chunk_sec=1.5", "--set", 'export_formats=["wav"]')
    assert "about 0:00:04 of speech" in job("estimate", *options)[1]
    code, [job_id, made], told = job("submit", *options, "--follow")
    assert code == 0 and "done: " in told and made.endswith(".wav")
    assert "  0:00:00 to 0:00:0" in job("chunks", job_id)[1][0]


def test_a_job_is_steered(make_core: CoreMaker, run: Say, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("One sentence here. " * 2_000, "utf-8")
    with serving(make_core(ToneFaults(delay=0.2))) as http:
        url = ("--url", http.base_url)
        job_id = run("submit", file, *url)[1][0]
        assert run("download", job_id, *url)[0] == 1
        for which, sentence in (("--chunk", "This chunk has no audio yet."), ("--chapter", "Nothing of this chapter")):
            code, _, told = run("listen", job_id, which, 60, "-o", tmp_path / "speech.wav", *url)
            assert code == 1 and sentence in told
        assert not list(tmp_path.glob("speech*"))
        assert run("pause", job_id, *url)[1][0].startswith("paused: ")
        assert run("resume", job_id, *url)[1][0].startswith(("queued: ", "running: "))
        assert run("cancel", job_id, *url)[1][0].startswith("cancelled: ")
        code, _, told = run("show", job_id, "--follow", *url)
        assert (code == 1 and "The job has cancelled" in told) or "cancelled" in told
        assert run("pause", job_id, *url)[0] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nothing"], "There is no such job."),
        (["submit", "nothing.txt"], "nothing.txt"),
        (["submit", "binary.txt"], "is no text in UTF-8"),
        (["submit", "report.txt", "--set", "speed_factor=9"], "speed_factor"),
        (["submit", "report.txt", "--set", "spede=1"], "spede"),
        (["estimate", "broken.epub"], "The file is damaged"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    job: Say, text_file: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(text_file.parent)
    Path("binary.txt").write_bytes(b"\xff\xfe\xfd")
    Path("broken.epub").write_bytes(b"PK")
    code, lines, told = job(*words)
    assert (code, lines) == (1, [])
    assert told.startswith("Problem: ") and sentence in told


def test_a_service_that_is_not_there_is_named(run: Say, tmp_path: Path) -> None:
    configuration = tmp_path / "config.yaml"
    configuration.write_text(f"server: {{port: {free_port()}}}\n", "utf-8")
    code, _, told = run("list", "--config", configuration)
    assert code == 1 and "The service cannot be reached" in told and "--url" in told
    assert run("list", "--config", tmp_path / "none.yaml")[0] == 1


def test_the_key_comes_from_the_environment(
    make_core: CoreMaker, run: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = KeyStore(tmp_path / "keys.json").add("shell", ["speak"])
    with serving(make_core(paths={"keys_file": tmp_path / "keys.json"})) as http:
        code, _, told = run("list", "--url", http.base_url)
        assert code == 1 and "CHATTERBOX_API_KEY" in told
        monkeypatch.setenv("CHATTERBOX_API_KEY", key)
        assert run("list", "--url", http.base_url)[0] == 0
