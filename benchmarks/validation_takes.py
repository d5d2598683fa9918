"""Correct takes for the validation benchmark: the embedded voices, with the places of all words known exactly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.validation_spoil import RATE, Take, energy_edges
from speech.engines.embedded.model import read_vocabulary
from speech.engines.embedded.phonemes import Phonemiser
from speech.engines.embedded.voices import VoiceTable
from speech.samples import Samples
from speech.text.spoken import spoken_form
from speech.weights import WeightStore
from speech.weights_catalogue import KOKORO

DATA = Path(__file__).parent / "data"
SENTENCES = {"learn": DATA / "validation_sentences.tsv", "test": DATA / "validation_test_sentences.tsv"}
"""The rule is learnt on one set and reported on the other; they share no sentence and no voice."""

VOICES = {
    "learn": ("af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_puck", "af_sarah", "bm_lewis"),
    "test": ("af_nova", "am_liam", "bf_isabella", "bm_daniel", "af_kore", "am_fenrir", "bf_alice", "am_eric"),
}
Part = Literal["learn", "test"]

SPEEDS = (1.0, 1.0, 0.85, 1.2)

_DURATIONS = "/encoder/Clip_output_0"
_FRAME = 600  # samples for one step of the model's durations


@dataclass(frozen=True)
class Line:
    """A sentence of the benchmark in its two forms; `number` counts within its set."""

    part: Part
    number: int
    category: str
    written: str
    spoken: str


@dataclass(frozen=True)
class Clip:
    """One rendering: who says what how fast, the audio, and the phonemes with their ends in samples."""

    line: Line
    voice: str
    speed: float
    samples: Samples
    phonemes: str
    ends: tuple[int, ...]

    def take(self) -> Take:
        """The clip cut into words at their true places."""
        words: list[str] = []
        starts: list[int] = []
        for index, symbol in enumerate(self.phonemes):
            if symbol.isalpha() or symbol in "ˈˌː":
                if not words or words[-1].endswith(" "):
                    words.append("")
                    starts.append(self.ends[index])
                words[-1] += symbol
            elif words and symbol == " " and not words[-1].endswith(" "):
                words[-1] += " "
        times = [start / RATE for start in starts]
        edges = energy_edges(self.samples, [*times, _sound_end(self.samples)])
        return Take(self.samples, tuple(word.strip() for word in words), edges, self.voice)


def read_lines(part: Part) -> list[Line]:
    """The benchmark's sentences of one set; where a row has no spoken form, the text front end makes it."""
    rows = [row.split("\t") for row in SENTENCES[part].read_text("utf-8").splitlines() if row]
    return [
        Line(part, number, row[0], row[1], row[2] if len(row) > 2 and row[2] else spoken_form(row[1]))
        for number, row in enumerate(rows)
    ]


def schedule(lines: Sequence[Line], rounds: int) -> list[tuple[Line, str, float]]:
    """Who says which line how fast: every line in each round with another voice; long ones twice at most."""
    return [
        (
            line,
            VOICES[line.part][(line.number + 3 * turn) % len(VOICES[line.part])],
            SPEEDS[(line.number // len(VOICES[line.part]) + turn) % len(SPEEDS)],
        )
        for turn in range(rounds)
        for line in lines
        if line.category != "paragraph" or turn < 2
    ]


class Recorder:
    """Renders clips with the packaged model and keeps them in a folder.

    Args:
        folder: of the kept clips.
        store: where the model comes from.
    """

    def __init__(self, folder: Path, store: WeightStore) -> None:
        self._folder = folder
        self._store = store
        self._session: Any = None
        self._phonemiser = Phonemiser()
        self._table = VoiceTable()
        self._vocabulary = read_vocabulary()
        folder.mkdir(parents=True, exist_ok=True)

    def clips(self, wanted: Iterable[tuple[Line, str, float]]) -> list[Clip]:
        """Render or read each wanted clip."""
        return [self.clip(*item) for item in wanted]

    def clip(self, line: Line, voice: str, speed: float) -> Clip:
        """One clip."""
        phonemes = self._phonemiser.phonemes(line.spoken, "en-US")
        key = hashlib.sha256(json.dumps([voice, speed, phonemes]).encode()).hexdigest()[:20]
        path = self._folder / f"{key}.npz"
        if not path.is_file():
            samples, steps = self._render(phonemes, voice, speed)
            np.savez_compressed(path, samples=np.round(samples * 32767).astype(np.int16), steps=steps)
        with np.load(path) as kept:
            samples = kept["samples"].astype(np.float32) / 32767
            ends = np.cumsum(kept["steps"]) * _FRAME
        return Clip(line, voice, speed, samples, phonemes, tuple(int(end) for end in ends))

    def _render(self, phonemes: str, voice: str, speed: float) -> tuple[Samples, Any]:
        if self._session is None:
            self._session = self._open()
        numbers = [self._vocabulary[symbol] for symbol in phonemes]
        style = np.asarray(self._table.style(voice))[len(numbers)].reshape(1, -1).astype(np.float32)
        audio, steps = self._session.run(
            ["audio", _DURATIONS],
            {
                "tokens": np.array([[0, *numbers, 0]], np.int64),
                "style": style,
                "speed": np.array([speed], np.float32),
            },
        )
        return np.asarray(audio, np.float32).ravel().clip(-1, 1), np.asarray(steps, np.int64).ravel()[:-1]

    def _open(self) -> Any:
        """The packaged model with its own phoneme durations as a second output."""
        import onnx
        import onnxruntime

        model = onnx.load(self._store.path(KOKORO))
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(_DURATIONS))
        return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _sound_end(samples: Samples) -> float:
    power = np.convolve(samples.astype(np.float64) ** 2, np.ones(240) / 240, "same")
    loud = np.flatnonzero(power > power.max() * 1e-4)
    return float(loud[-1]) / RATE + 0.03 if loud.size else len(samples) / RATE
