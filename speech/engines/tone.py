"""A test engine without a model: a pitch for each voice and recording, another for each text, faults on demand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exceptions import GenerationError
from speech.audio.edges import frame_levels
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest
from speech.engines.protocol import Capabilities, Parameter, ProgressReport, TakeRequest, Voice
from speech.engines.registry import EngineContext
from speech.engines.voice_folder import VoiceFolder
from speech.samples import Samples

SAMPLE_RATE = 24_000
VOICE_PITCHES = {"tone-a": 220.0, "tone-b": 330.0, "tone-c": 440.0, "tone-d": 550.0, "tone-e": 660.0,
                 "tone-f": 770.0, "tone-g": 880.0, "tone-h": 990.0}  # fmt: skip
RECORDING_BAND = (1_000.0, 1_900.0)
CHUNK_BAND = (2_000.0, 8_000.0)
SECONDS_PER_CHARACTER = 0.02
FAULTS = ("raise", "silence", "nan", "empty", "tail", "hang")


def chunk_pitch(text: str) -> float:
    """The frequency in Hz, a multiple of 10 between 2 and 8 kHz, that marks a chunk with this text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    steps = int((CHUNK_BAND[1] - CHUNK_BAND[0]) / 10)
    return CHUNK_BAND[0] + 10.0 * (int.from_bytes(digest[:4], "big") % steps)


def recording_pitch(content_hash: str) -> float:
    """The frequency in Hz, a multiple of 10 between 1 and 1.9 kHz, that marks the voice of a recording."""
    steps = int((RECORDING_BAND[1] - RECORDING_BAND[0]) / 10)
    return RECORDING_BAND[0] + 10.0 * (int(content_hash[:8], 16) % steps)


@dataclass(frozen=True)
class ToneFaults:
    """How the engine misbehaves.

    Attributes:
        kind: one of `FAULTS`, or empty for none.
        takes: how many `generate` calls misbehave, counted from the first; negative for all.
        delay: seconds each chunk takes, as if a model were working.
    """

    kind: str = ""
    takes: int = 0
    delay: float = 0.0


class ToneEngine:
    """Speaks every chunk as two sine tones whose frequencies tell voice and text; see `chunk_pitch`."""

    def __init__(self, faults: ToneFaults | None = None, max_batch: int = 4, voices_dir: Path | None = None) -> None:
        self._folder = VoiceFolder(voices_dir, "en-US")
        self.prepared: list[str] = []
        self._faults = faults or ToneFaults()
        self._calls = 0
        self.loads = 0
        self._loaded = False
        self.capabilities = Capabilities(
            engine="tone",
            model="tone",
            version="1",
            sample_rate=SAMPLE_RATE,
            languages=("en-US", "en-GB", "de-DE"),
            parameters=(Parameter("speed", 0.5, 2.0, 1.0, "Speaking rate; 2 is twice as fast."),),
            max_characters=300,
            max_batch=max_batch,
            cloning=True,
            conversion=True,
            notes=("A test engine: it makes tones, not speech.",),
        )
        self.voices = tuple(
            Voice(name, "en-US", f"{pitch:.0f} Hz", hashlib.sha256(name.encode()).hexdigest())
            for name, pitch in VOICE_PITCHES.items()
        )

    def load(self, report: ProgressReport | None = None) -> None:
        """Count the load; there is nothing to bring in."""
        if not self._loaded:
            self._loaded = True
            self.loads += 1

    def unload(self) -> None:
        """Forget that it was loaded."""
        self._loaded = False

    def recorded_voice(self, name: str) -> Voice | None:
        """A recording in the voices folder; see `recording_pitch`."""
        recording = self._folder.find(name)
        return recording.voice if recording is not None else None

    def prepare_voice(self, name: str) -> None:
        """Note the name; there is nothing to compute."""
        self.prepared.append(name)

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """Words that contain the replacement character; every other text has a tone."""
        return tuple(word for word in text.split() if "�" in word)

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        """Two tones per chunk, 20 ms per character, with 10 ms fades and a trace of seeded noise."""
        return [self._speak(request, cancel) for request in batch]

    longest_conversion = 120.0

    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        """The loudness of the recording in the target's tone; a recording as target has one by its content."""
        fault = self._next_fault(cancel)
        return _spoil(_toned(request), fault)

    def _speak(self, request: TakeRequest, cancel: CancelToken) -> Samples:
        fault = self._next_fault(cancel)
        return _spoil(_tones(request, self._pitch(request.voice)), fault)

    def _pitch(self, name: str) -> float:
        if name in VOICE_PITCHES:
            return VOICE_PITCHES[name]
        if (recorded := self.recorded_voice(name)) is None:
            raise GenerationError(f"The recording {name} is not in the voices folder any more.")
        return recording_pitch(recorded.content_hash)

    def _next_fault(self, cancel: CancelToken) -> str:
        for _ in self._slices(self._faults.delay):
            cancel.raise_if_stopped()
        self._calls += 1
        fault = self._faults.kind if self._faults.takes < 0 or self._calls <= self._faults.takes else ""
        if fault == "hang":
            for _ in self._slices(600.0):
                cancel.raise_if_stopped()
        return fault

    @staticmethod
    def _slices(seconds: float) -> Iterator[None]:
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            time.sleep(min(rest, 0.02))
            yield


def _tones(request: TakeRequest, pitch: float) -> Samples:
    speed = request.parameters.get("speed", 1.0)
    seconds = max(0.1, len(request.text) * SECONDS_PER_CHARACTER) / speed
    count = int(seconds * SAMPLE_RATE)
    clock = np.arange(count, dtype=np.float64) / SAMPLE_RATE
    sound = 0.3 * np.sin(2 * np.pi * pitch * clock)
    sound += 0.2 * np.sin(2 * np.pi * chunk_pitch(request.text) * clock)
    sound += 1e-4 * np.random.default_rng(request.seed).standard_normal(count)
    fade = np.minimum(1.0, np.arange(count) / (0.01 * SAMPLE_RATE))
    spoken: Samples = (sound * fade * fade[::-1]).astype(np.float32)
    return spoken


def _toned(request: ConversionRequest) -> Samples:
    target = request.target
    pitch = VOICE_PITCHES.get(target.name) or recording_pitch(target.content_hash)
    clock = np.arange(len(request.samples), dtype=np.float64) / SAMPLE_RATE
    levels = frame_levels(request.samples, SAMPLE_RATE)
    envelope = np.interp(clock * len(levels) / max(clock[-1], 1e-9), np.arange(len(levels)), levels)
    toned: Samples = (envelope * np.sqrt(2) * np.sin(2 * np.pi * pitch * clock)).astype(np.float32)
    return toned


def _spoil(sound: Samples, fault: str) -> Samples:
    if fault == "raise":
        raise GenerationError("The tone engine was told to fail.")
    if fault == "silence":
        return np.zeros_like(sound)
    if fault == "nan":
        return np.full_like(sound, np.nan)
    if fault == "empty":
        return sound[:0]
    if fault == "tail":
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, SAMPLE_RATE).astype(np.float32)
        return np.concatenate([sound, noise])
    return sound


def create(context: EngineContext) -> ToneEngine:
    """Build from the configuration section ``models.options``: ``fault``, ``fault_takes``, ``delay``."""
    options = context.options
    faults = ToneFaults(
        str(options.get("fault", "")), int(options.get("fault_takes", 0)), float(options.get("delay", 0.0))
    )
    return ToneEngine(faults, voices_dir=context.voices_dir)
