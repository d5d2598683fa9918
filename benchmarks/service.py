"""What a user of the whole service gets: words, speed over the bare engine, time to first audio, memory.

``python benchmarks/service.py`` starts the service in this process, speaks 30 varied sentences and a 500-word
chapter through ``POST /api/v1/tts`` and listens with Whisper tiny.en, which is not the validating model. Speed is the
ratio of whole requests to the bare engine speaking the same chunks, interleaved in one run. ``--quick`` does less.
"""

import argparse
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import jiwer
import numpy as np
import uvicorn
from faster_whisper import WhisperModel

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from api_models import TTSRequest
from config import Settings, load_settings
from core_engine import CoreEngine
from main_api import create_app
from speech.cancel import CancelToken
from speech.engines.embedded.phonemes import english_phonemiser
from speech.engines.protocol import TakeRequest
from speech.progress import ChunkDone, Event
from speech.text.spoken import spoken_form
from speech.validation.compare import normal_words
from speech.weights import WeightStore
from speech.weights_catalogue import WHISPER_TINY_EN
from tests.support.tones import decode

GOALS = {"sentences": 0.06, "chapter": 0.02, "checked": 1.12, "unchecked": 1.03}
FINISHING = {"denoise": True, "trim": True, "normalize_audio": True}
VOICES = ("af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_fenrir")


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[CoreEngine, httpx2.Client]]:
    core = CoreEngine(settings)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(create_app(settings, core), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    started = time.perf_counter()
    thread.start()
    state = core.wait_ready(900)
    if not state.ready:
        sys.exit(state.reason)
    assert core.validator is not None
    print(f"ready after {time.perf_counter() - started:.1f} s: {core.engine.capabilities.model}, {core.validator.name}")
    while not server.started:
        time.sleep(0.05)
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=3600) as client:
        yield core, client
    server.should_exit = True
    thread.join(30)


class Judge:
    """An independent listener."""

    def __init__(self, folder: Path) -> None:
        weights = WeightStore(folder)
        model = weights.folder(WHISPER_TINY_EN)
        self._model = WhisperModel(str(model), device="cpu", compute_type="int8", local_files_only=True)

    def transcribe(self, path: Path) -> str:
        import soxr

        samples, rate = decode(path)
        audio = soxr.resample(samples, rate, 16_000).astype(np.float32)
        segments, _ = self._model.transcribe(audio, language="en", beam_size=5, condition_on_previous_text=False)
        return " ".join(segment.text.strip() for segment in segments)


def word_error_rate(expected: list[str], heard: list[str]) -> float:
    """Of all texts together; each is compared as written and as read out, and the nearer form counts."""
    wanted, found = [], []
    for text, said in zip(expected, heard, strict=True):
        words = " ".join(normal_words(said, "en"))
        forms = [" ".join(normal_words(form, "en")) for form in (text, spoken_form(text, "en-US"))]
        wanted.append(min(forms, key=lambda form: jiwer.wer(form, words)))
        found.append(words)
    return float(jiwer.wer(wanted, found))


def sounds_otherwise(expected: str, heard: str) -> float:
    """Word error rate that does not count words which sound alike ("flour", "flower")."""
    words = [normal_words(text, "en") for text in (spoken_form(expected, "en-US"), heard)]
    sounds = {word: english_phonemiser().phonemes(word, "en-US") for word in {*words[0], *words[1]}}
    wanted, found = (" ".join(sounds[word].replace(" ", "") or word for word in part) for part in words)
    return float(jiwer.wer(wanted, found))


def speak(client: httpx2.Client, **body: object) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    reply = client.post("/api/v1/tts", params={"response_mode": "url"}, json={"export_formats": ["wav"], **body})
    reply.raise_for_status()
    return reply.json(), time.perf_counter() - started


def listen(core: CoreEngine, client: httpx2.Client, judge: Judge, sentences: list[str], chapter: str) -> bool:
    replies = [speak(client, text=text, voice=VOICES[n % len(VOICES)])[0] for n, text in enumerate(sentences)]
    heard = [judge.transcribe(core.outputs.root / reply["output_files"][0]["filename"]) for reply in replies]
    rate = word_error_rate(sentences, heard)
    verdicts = [reply["quality"]["verdict"] for reply in replies]
    takes = sum(chunk["takes"] for reply in replies for chunk in reply["quality"]["chunks"])
    chunks = sum(len(reply["quality"]["chunks"]) for reply in replies)
    print(f"{len(sentences)} sentences, {len(VOICES)} voices: WER {rate:.1%} (goal <= {GOALS['sentences']:.0%}), "
          f"{verdicts.count('failed')} failed checks, {takes} takes for {chunks} chunks")  # fmt: skip
    for text, said in zip(sentences, heard, strict=True):
        if word_error_rate([text], [said]) > 0:
            print(f"    {text}\n -> {said}")
    book, _ = speak(client, text=chapter)
    said = judge.transcribe(core.outputs.root / book["output_files"][0]["filename"])
    book_rate = word_error_rate([chapter], [said])
    print(f"{len(chapter.split())}-word chapter: WER {book_rate:.1%} (goal <= {GOALS['chapter']:.0%}), "
          f"{sounds_otherwise(chapter, said):.1%} without words that sound alike, "
          f"{book['audio_seconds']:.0f} s of speech, verdict {book['quality']['verdict']}, "
          f"{sum(chunk['takes'] for chunk in book['quality']['chunks'])} takes for "
          f"{len(book['quality']['chunks'])} chunks (3 candidates x 3 attempts by the ancestor's defaults: "
          f"{9 * len(book['quality']['chunks'])})")  # fmt: skip
    return rate <= GOALS["sentences"] and book_rate <= GOALS["chapter"]


def bare_seconds(core: CoreEngine, text: str) -> tuple[float, float]:
    """Seconds the engine alone needs for the chunks of a text, and seconds of audio it gives."""
    plan = core.plan(TTSRequest(text=text)).plan
    requests = [TakeRequest(chunk.spoken, chunk.voice, chunk.language, 1) for chunk in plan.chunks]
    started = time.perf_counter()
    samples = [core.engine.generate([request], CancelToken())[0] for request in requests]
    return time.perf_counter() - started, sum(map(len, samples)) / plan.sample_rate


def compare_speed(core: CoreEngine, client: httpx2.Client, text: str, rounds: int) -> bool:
    bare, checked, unchecked, finished, audio = [], [], [], [], 0.0
    for _ in range(rounds):
        seconds, audio = bare_seconds(core, text)
        bare.append(seconds)
        checked.append(speak(client, text=text)[1])
        unchecked.append(speak(client, text=text, bypass_whisper_checking=True)[1])
        finished.append(speak(client, text=text, bypass_whisper_checking=True, **FINISHING)[1])
    ratio = statistics.median(a / b for a, b in zip(checked, bare, strict=True))
    free = statistics.median(a / b for a, b in zip(unchecked, bare, strict=True))
    engine = statistics.median(bare)
    print(f"real-time factor of the engine alone {engine / audio:.3f} ({audio:.0f} s of speech, {rounds} rounds)")
    print(f"whole request, checked:   {ratio:.3f} x engine alone (goal <= {GOALS['checked']})")
    print(f"whole request, unchecked: {free:.3f} x engine alone (goal <= {GOALS['unchecked']})")
    steps = statistics.median((a - b) / c for a, b, c in zip(finished, unchecked, bare, strict=True))
    checks = statistics.median((a - b) / c for a, b, c in zip(checked, unchecked, bare, strict=True))
    print(f"of the engine's time, the check takes {checks:.1%}, noise removal, trim and two-pass loudness {steps:.1%}")
    return ratio <= GOALS["checked"] and free <= GOALS["unchecked"]


def first_audio(core: CoreEngine, client: httpx2.Client, chapter: str) -> None:
    moments: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, ChunkDone):
            moments.append(time.perf_counter())

    started = time.perf_counter()
    core.tts(TTSRequest(text=chapter, export_formats=["wav"]), note)
    print(f"first checked chunk of the chapter after {moments[0] - started:.2f} s")
    short = statistics.median(speak(client, text="The birch canoe slid.")[1] for _ in range(5))
    print(f"whole answer to a four-word text after {short:.2f} s")


def import_seconds() -> float:
    probe = "import time; t = time.perf_counter(); import main_api; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", probe]
    runs = [subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True) for _ in range(5)]
    return statistics.median(float(run.stdout) for run in runs)


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="8 sentences, a part of the chapter, one round")
    parser.add_argument("--rounds", type=int, default=3, help="of the speed comparison")
    options = parser.parse_args()
    sentences = (HERE / "sentences.txt").read_text("utf-8").splitlines()
    chapter = (HERE / "chapter.txt").read_text("utf-8")
    rounds = options.rounds
    if options.quick:
        sentences, chapter, rounds = sentences[:8], "\n\n".join(chapter.split("\n\n")[:3]), 1
    print(f"{processor()}, {os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    print(f"import main_api: {import_seconds():.2f} s")
    with tempfile.TemporaryDirectory() as outputs:
        settings = load_settings(None, {"paths": {"output_dir": outputs}, "ui": {"enable_ui": False}})
        with serving(settings) as (core, client):
            fast_enough = compare_speed(core, client, chapter, rounds)
            first_audio(core, client, chapter)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"peak memory of the service with both models: {peak:.0f} MB")
            understood = listen(core, client, Judge(settings.paths.models_dir), sentences, chapter)
    return 0 if fast_enough and understood else 1


if __name__ == "__main__":
    sys.exit(main())
