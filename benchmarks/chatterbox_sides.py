"""The two sides of the Chatterbox benchmark: the released package's own objects, and this program's.

Random weights hardly ever draw the end of speech, so both sides stop after the same number of speech tokens.
"""

from __future__ import annotations

import copy
import inspect
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import soundfile

from api_models import TTSRequest
from config import Settings, load_settings
from core_engine import CoreEngine
from speech.audio.decode import decode
from speech.engines.chatterbox import runtime
from speech.engines.chatterbox.checkpoints import checkpoint
from speech.engines.chatterbox.decoder import Decoder, DecodeRequest, Sampling
from speech.engines.chatterbox.loading import LoadedModel, load
from speech.engines.chatterbox.references import MODEL_RATE, prepare
from speech.engines.chatterbox.text_tokens import text_tokens
from tests.support.chatterbox import load_upstream, quiet_output, small_architectures, voice_like

HERE: Final = Path(__file__).resolve().parent
RECORDING: Final = "recording.wav"
CHUNKS: Final = 8

Arithmetic = Literal["float32", "int8"]


@dataclass(frozen=True)
class Setup:
    """One model under test.

    Attributes:
        name: of the checkpoint.
        root: holds all checkpoints; its folder ``work`` is for what the sides write.
        tokens: speech tokens of each chunk.
        rounds: of what is compared in turn.
        tiny: the checkpoints are tiny ones.
        chunks: of a whole text; each is a sentence and a paragraph.
        sample: how many chunks of a loop of single chunks are really spoken; the rest is reckoned to be like them,
            because all have the same number of tokens.
    """

    name: str
    root: Path
    tokens: int
    rounds: int
    tiny: bool
    chunks: int
    sample: int

    @property
    def folder(self) -> Path:
        """Of the checkpoint."""
        return self.root / checkpoint(self.name).folder

    @property
    def recording(self) -> Path:
        """Twelve seconds of a made-up voice; fewer for a tiny model."""
        path = self.root / "work" / "voices" / RECORDING
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, voice_like(5.2 if self.tiny else 12.0), MODEL_RATE)
        return path

    @property
    def texts(self) -> list[str]:
        """Sentences of the whole text."""
        return sentences(self.chunks)

    @property
    def guided(self) -> bool:
        """Whether a chunk takes two rows of the decoder."""
        return self.name == "english"

    def architecture(self) -> AbstractContextManager[None]:
        """While this lasts, the checkpoint can be loaded."""
        return small_architectures(self.name) if self.tiny else nullcontext()


def sentences(count: int) -> list[str]:
    """The first of the sentences that the benchmarks share."""
    return (HERE / "sentences.txt").read_text("utf-8").splitlines()[:count]


@dataclass(frozen=True)
class Spoken:
    """What one ``generate`` of the package took, and its speech tokens."""

    seconds: float
    t3_seconds: float
    voice_seconds: float
    tokens: list[int]


class Upstream:
    """The package's own speaking object.

    Its T3 gets a cap on the tokens and, as the preparation of the voice does, a stop-watch; the rest is as released.
    """

    def __init__(self, setup: Setup) -> None:
        with setup.architecture():
            self._model = load_upstream(setup.name, setup.folder)
        t3, self._cap = self._model.t3, {"max_new_tokens": setup.tokens}
        name = "inference"
        if not setup.guided:
            # Its cap does not count the first token.
            name, self._cap = "inference_turbo", {"max_gen_len": setup.tokens - 1}
        self._stop = t3.hp.stop_speech_token
        self._inference, self._prepare = getattr(t3, name), self._model.prepare_conditionals
        setattr(t3, name, self._timed_inference)
        self._model.prepare_conditionals = self._timed_prepare
        self._t3_seconds = self._voice_seconds = 0.0
        self._tokens: list[int] = []
        # Turbo and Nano are called with the clip every time, as the package's README does; English without.
        self._clip = {} if setup.guided else {"audio_prompt_path": str(setup.recording)}
        with quiet_output():
            self._model.prepare_conditionals(str(setup.recording))

    @property
    def defaults(self) -> dict[str, Any]:
        """What ``generate`` takes if nothing is said."""
        parameters = inspect.signature(self._model.generate).parameters.values()
        return {parameter.name: parameter.default for parameter in parameters}

    def generate(self, text: str, seed: int) -> Spoken:
        """Call ``generate`` as the package's README does."""
        import torch

        self._t3_seconds = self._voice_seconds = 0.0
        torch.manual_seed(seed)
        started = time.perf_counter()
        with quiet_output():
            self._model.generate(text, **self._clip)
        seconds = time.perf_counter() - started
        return Spoken(seconds, self._t3_seconds, self._voice_seconds, self._tokens)

    def generate_silently(self, text: str, seed: int) -> Spoken:
        """Call ``generate`` with a voice that is prepared and without S3Gen, which the time of T3 does not feel."""
        import torch

        s3gen, clip, self._clip = self._model.s3gen, self._clip, {}
        inference, s3gen.inference = s3gen.inference, lambda **_: (torch.zeros(1, MODEL_RATE), None)
        try:
            return self.generate(text, seed)
        finally:
            self._clip, s3gen.inference = clip, inference

    def _timed_inference(self, **arguments: Any) -> Any:
        started = time.perf_counter()
        result = self._inference(**{**arguments, **self._cap})
        self._t3_seconds += time.perf_counter() - started
        self._tokens = result[0].tolist()
        if self._tokens[-1:] == [self._stop]:
            self._tokens.pop()
        return result

    def _timed_prepare(self, *given: Any, **arguments: Any) -> None:
        started = time.perf_counter()
        self._prepare(*given, **arguments)
        self._voice_seconds += time.perf_counter() - started


class Decoders:
    """This program's decoder in each arithmetic, over weights of its own; `defaults` are those of the package."""

    def __init__(self, setup: Setup, arithmetics: Sequence[Arithmetic], defaults: dict[str, Any]) -> None:
        with setup.architecture():
            model = load(setup.name, setup.folder, "cpu")
        samples = decode(setup.recording, MODEL_RATE, 60.0)
        voice = prepare(model, samples, MODEL_RATE, "recording")
        names = ("temperature", "cfg_weight", "repetition_penalty", "min_p", "top_p", "top_k")
        sampling = Sampling(**{name: defaults.get(name, 0) for name in names})
        self._requests = [
            DecodeRequest(
                text_tokens=text_tokens(model, text),
                speaker=voice.speaker,
                prompt_tokens=voice.prompt_tokens,
                emotion=defaults["exaggeration"],
                voice_key=voice.key,
                seed=place + 1,
                sampling=sampling,
                max_tokens=setup.tokens,
            )
            for place, text in enumerate(sentences(CHUNKS))
        ]
        self._decoders = {arithmetic: _decoder(setup, model, arithmetic) for arithmetic in arithmetics}

    def decode(self, arithmetic: Arithmetic, places: Sequence[int]) -> tuple[float, list[list[int]]]:
        """Seconds for the texts at these places together, prompts included, and the tokens of each."""
        decoder = self._decoders[arithmetic]
        started = time.perf_counter()
        sequences = [decoder.join(self._requests[place]) for place in places]
        while decoder.running:
            decoder.step()
        return time.perf_counter() - started, [sequence.tokens for sequence in sequences]


def _decoder(setup: Setup, model: LoadedModel, arithmetic: Arithmetic) -> Decoder:
    return Decoder(
        copy.deepcopy(model.t3),
        rows=CHUNKS * (2 if setup.guided else 1),
        positions=400 + runtime.TEXT_POSITIONS + setup.tokens,
        arithmetic=arithmetic,
        graphs=False,
        prefix_cache_bytes=0 if setup.guided else 512_000_000,
    )


def settings_for(setup: Setup, arithmetic: Arithmetic) -> Settings:
    """The service with this model, without checks and without a page."""
    work = setup.recording.parents[1]
    return load_settings(
        None,
        {
            "models": {
                "engine": "chatterbox",
                "local_dir": str(setup.root),
                "allow_hub": False,
                "threads": 1 if setup.tiny else 0,
                "options": {"model": setup.name, "arithmetic": arithmetic},
            },
            "paths": {
                "output_dir": str(work / "outputs"),
                "temp_dir": str(work / "temp"),
                "models_dir": str(work / "models"),
                "reference_audio_dir": str(setup.recording.parent),
            },
            "validation": {"enabled": False},
            "ui": {"enable_ui": False},
        },
    )


@contextmanager
def own_core(setup: Setup, settings: Settings) -> Iterator[CoreEngine]:
    """The program's heart with its model loaded; it stops every chunk at the cap."""
    kept, runtime.MOST_TOKENS = runtime.MOST_TOKENS, setup.tokens  # type: ignore[misc]
    core = CoreEngine(settings)
    try:
        with setup.architecture():
            state = core.wait_ready(900)
        if not state.ready:
            raise SystemExit(state.reason)
        yield core
    finally:
        core.close()
        runtime.MOST_TOKENS = kept  # type: ignore[misc]


def request(*paragraphs: str) -> TTSRequest:
    """Speak these in the recording's voice, with the values that the package takes if nothing is said."""
    text = "\n\n".join(paragraphs)
    drawn = {"temperature": 0.8, "exaggeration": 0.5, "cfg_weight": 0.5, "seed": 1}
    return TTSRequest(text=text, voice=RECORDING, export_formats=["wav"], **drawn)


@contextmanager
def serving(core: CoreEngine, settings: Settings) -> Iterator[str]:
    """The address of a real server before `core`."""
    import uvicorn

    from main_api import create_app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings, core), host="127.0.0.1", port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
