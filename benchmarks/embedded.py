"""Compares the forms of the embedded engine's model in one run: speed, words understood, predicted quality.

Sentences are spoken by every form in turn, so that a busy machine slows all of them alike::

    python -m benchmarks.embedded --cache FOLDER [--quick]

The last five sentences of ``embedded_sentences.txt`` make one paragraph. Speed is the median over clips of time
over audio length; WER is that of Whisper base, beam 5, on normalised text; OVRL and P808 are DNSMOS, which
predicts listeners' marks from 1 to 5 and hears noise rather than naturalness. Ends with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import jiwer
import numpy as np
import soxr
from whisper_normalizer.english import EnglishTextNormalizer

from speech.cancel import CancelToken
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.embedded.machine import cpu_name
from speech.engines.embedded.variants import VariantName
from speech.engines.protocol import TakeRequest
from speech.samples import Samples
from speech.weights import WeightStore
from speech.weights_catalogue import WHISPER_BASE

SENTENCES: Final = Path(__file__).with_name("embedded_sentences.txt")
VOICES: Final = ("af_heart", "am_michael", "bf_emma")
VARIANTS: Final[tuple[VariantName, ...]] = ("packaged", "float", "balanced", "fast")
GOAL_SPEED: Final = 0.70
GOAL_QUALITY: Final = 0.05
GOAL_WORDS: Final = 0.005
"""Two words in four hundred: less than what Whisper hears differently when only the noise changes."""


@dataclass
class Result:
    """What one form of the model reached; on CPUs without exact 8-bit sums `form` is a 7-bit one."""

    form: str
    clips: list[Samples] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    ovrl: float = 0.0
    p808: float = 0.0
    wer: float = 0.0

    @property
    def factor(self) -> float:
        return statistics.median(self.factors)


def speak(
    store: WeightStore, cache: Path, requests: list[TakeRequest], variants: tuple[VariantName, ...]
) -> dict[str, Result]:
    engines = {variant: EmbeddedEngine(store, cache, variant) for variant in variants}
    for name, engine in engines.items():
        engine.load()
        model = engine.capabilities.model
        if not model.endswith((name, f"{name}7")):
            sys.exit(f"The form {name} could not be loaded: {engine.capabilities.notes}")
        engine.generate(requests[:1], CancelToken())
    results = {variant: Result(engine.capabilities.model.rpartition("-")[2]) for variant, engine in engines.items()}
    for request in requests:
        for variant, engine in engines.items():
            begin = time.perf_counter()
            [samples] = engine.generate([request], CancelToken())
            seconds = time.perf_counter() - begin
            results[variant].clips.append(samples)
            results[variant].factors.append(seconds / (samples.size / engine.capabilities.sample_rate))
    return {str(variant): result for variant, result in results.items()}


def judge(result: Result, requests: list[TakeRequest], whisper: Any) -> None:
    from speechmos import dnsmos

    normal = EnglishTextNormalizer()
    heard, marks = [], []
    for samples in result.clips:
        wave = soxr.resample(samples, 24_000, 16_000)
        segments, _ = whisper.transcribe(wave, language="en", beam_size=5)
        heard.append(normal(" ".join(segment.text for segment in segments)))
        mark = dnsmos.run(wave / max(1.0, float(np.abs(wave).max())), 16_000)
        marks.append((mark["ovrl_mos"], mark["p808_mos"]))
    result.wer = jiwer.wer([normal(request.text) for request in requests], heard)
    result.ovrl, result.p808 = np.mean(marks, axis=0)


def make_requests(quick: bool) -> list[TakeRequest]:
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    texts = [*lines[:6], " ".join(lines[-5:-3])] if quick else [*lines[:-5], " ".join(lines[-5:])]
    return [
        TakeRequest(text, voice, "en-GB" if voice.startswith("b") else "en-US", 0) for text in texts for voice in VOICES
    ]


def report(results: dict[str, Result], clips: int) -> bool:
    base = results["packaged"]
    print(f"{cpu_name()}, {os.cpu_count()} cores, {clips} clips per form, voices {', '.join(VOICES)}\n")
    print("| form | real-time factor | of packaged | WER % | OVRL | P808 |\n|---|---|---|---|---|---|")
    for result in results.values():
        print(
            f"| {result.form} | {result.factor:.3f} | {result.factor / base.factor:.2f} | {100 * result.wer:.1f} "
            f"| {result.ovrl:.3f} | {result.p808:.3f} |"
        )
    best = results["balanced"]
    goals = {
        f"balanced takes at most {GOAL_SPEED} of packaged's time": best.factor <= GOAL_SPEED * base.factor,
        "balanced is understood as well": best.wer <= base.wer + GOAL_WORDS,
        f"balanced loses at most {GOAL_QUALITY} P808": best.p808 >= base.p808 - GOAL_QUALITY,
    }
    print()
    for goal, held in goals.items():
        print(f"{'held  ' if held else 'MISSED'} {goal}")
    return all(goals.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, required=True, help="folder for model files")
    parser.add_argument("--quick", action="store_true", help="seven texts and two forms")
    options = parser.parse_args()
    from faster_whisper import WhisperModel

    store = WeightStore(options.cache)
    requests = make_requests(options.quick)
    results = speak(store, options.cache, requests, ("packaged", "balanced") if options.quick else VARIANTS)
    whisper = WhisperModel(str(store.folder(WHISPER_BASE)), device="cpu", compute_type="int8", local_files_only=True)
    for result in results.values():
        judge(result, requests, whisper)
    return 0 if report(results, len(requests)) else 1


if __name__ == "__main__":
    sys.exit(main())
