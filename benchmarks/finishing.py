"""Judges the finishing steps: loudness of twenty clips by two foreign meters, speed, noise removal, and their time.

Speech comes from the embedded engine, the rest is made on the fly::

    python -m benchmarks.finishing --cache FOLDER [--quick] [--compare]

Loudness after the step is read by FFmpeg's ``ebur128`` and by pyloudnorm. Pitch is the median ratio of YIN's pitch
after and before, WER that of Whisper base, beam 5, on normalised text. `--compare` adds FFmpeg's ``atempo``. Ends with
1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import jiwer
import numpy as np
import soxr
from whisper_normalizer.english import EnglishTextNormalizer

from speech.audio.dead_air import shorten_pauses
from speech.audio.denoise import available, denoise
from speech.audio.edges import frame_levels
from speech.audio.loudness import LoudnessTarget, apply_loudness, plan_loudness
from speech.audio.silence_cut import cut_silence
from speech.audio.stretch import stretch
from speech.cancel import CancelToken
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.embedded.machine import cpu_name
from speech.engines.protocol import TakeRequest
from speech.samples import Samples
from speech.weights import WeightStore
from speech.weights_catalogue import WHISPER_BASE
from tests.speech.audio.meters import ffmpeg_loudness, pyloudnorm_loudness
from tests.speech.audio.pitch import pitch_change
from tests.speech.audio.sounds import noise, pieces, silence, tone

RATE: Final = 24_000
SENTENCES: Final = Path(__file__).with_name("embedded_sentences.txt")
VOICES: Final = ("af_heart", "am_michael", "bf_emma", "bm_george")
FACTORS: Final = (0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0)
TARGETS: Final = (LoudnessTarget(), LoudnessTarget(integrated=-16.0, true_peak=-1.5, range_lu=11.0))
GOAL_LOUDNESS_LU: Final = 0.5
GOAL_LENGTH: Final = 0.01
GOAL_PITCH: Final = 0.01
GOAL_WER: Final = 0.05
GOAL_STEP: Final = 1.1
"""A click is a jump between two samples that the source does not have."""
GOAL_NOISE_DB: Final = 10.0
GOAL_LEVEL_DB: Final = 1.0
SNR_DB: Final = 10.0

Speech = dict[str, tuple[str, Samples]]
Change = Callable[[Samples, float], Samples]


def speak(store: WeightStore, cache: Path, quick: bool) -> Speech:
    """Text and samples by a name of voice and number."""
    engine = EmbeddedEngine(store, cache)
    engine.load()
    texts = SENTENCES.read_text(encoding="utf-8").splitlines()[-5:][: 2 if quick else 4]
    spoken: Speech = {}
    for voice in VOICES[: 2 if quick else None]:
        language = "en-GB" if voice.startswith("b") else "en-US"
        for number, text in enumerate(texts):
            [samples] = engine.generate([TakeRequest(text, voice, language, 0)], CancelToken())
            spoken[f"{voice} {number}"] = (text, samples)
    return spoken


def make_clips(spoken: Speech, quick: bool) -> dict[str, Samples]:
    """The twenty clips."""
    said = [samples / np.abs(samples).max() * 0.7 for _, samples in spoken.values()]
    book = pieces(*said, *said, *said, *said)
    while len(book) < 240 * RATE:
        book = pieces(book, book)
    book = book[: (30 if quick else 120) * RATE]
    swell = (10 ** (-12 * np.abs(np.sin(np.arange(len(book)) / RATE / 12)) / 20)).astype(np.float32)
    slammed = said[1] * 0.1
    slammed[RATE : RATE + RATE // 20] += tone(0.05, 0.8, 90)
    hiss = noise(len(said[0]) / RATE, 0.03)[: len(said[0])]
    middle = len(said[0]) // 2
    return {
        "first voice": said[0],
        "second voice": said[len(said) // 2],
        "last voice": said[-1],
        "two voices": pieces(said[0], silence(0.5), said[-1]),
        "0.5 s of speech": said[0][middle : middle + RATE // 2],
        "0.8 s of speech": said[1][middle : middle + round(0.8 * RATE)],
        "quiet speech": said[1] * 0.02,
        "very quiet speech": said[0] * 0.003,
        "loud speech": np.clip(said[0] * 1.4, -1, 1),
        "clipped speech": np.clip(said[1] * 8, -1, 1),
        "long pauses": pieces(said[0], silence(4), said[1], silence(8), said[-1], silence(2)),
        "uneven levels": pieces(said[0] * 0.05, said[1], said[-1] * 0.3, said[-2] * 0.1, said[0]),
        "noisy speech": said[0] + hiss,
        "quiet with slams": slammed,
        "long": book,
        "long, swelling": book * swell,
        "white noise": noise(4.0),
        "low tone": tone(3.0, 0.3, 80),
        "tone": tone(1.0, 0.05, 440),
        "high tone": tone(6.0, 0.8, 9_000),
    }


def judge_loudness(clips: dict[str, Samples], target: LoudnessTarget) -> tuple[bool, float]:
    """Prints the table; whether every clip landed, and the time as a share of the audio's."""
    print(f"\nLoudness, target {target.integrated:g} LUFS, {target.true_peak:g} dBTP, {target.range_lu:g} LU\n")
    print("| clip | s | LUFS before | dBTP | LU | LUFS after | pyloudnorm | dBTP | LU | gain | limited | |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    landed, spent, audio = 0, 0.0, 0.0
    for name, clip in clips.items():
        samples = clip.astype(np.float32)

        def play(samples: Samples = samples) -> Iterator[Samples]:
            return (samples[start : start + RATE] for start in range(0, len(samples), RATE))

        begin = time.perf_counter()
        plan = plan_loudness(play, RATE, target)
        result = pieces(*apply_loudness(play(), RATE, plan))
        spent += time.perf_counter() - begin
        audio += len(samples) / RATE
        before, after = ffmpeg_loudness(samples, RATE), ffmpeg_loudness(result, RATE)
        other = pyloudnorm_loudness(result, RATE)
        hit = (
            max(abs(after[0] - target.integrated), abs(other - target.integrated)) <= GOAL_LOUDNESS_LU
            and after[1] <= target.true_peak
            and len(result) == len(samples)
        )
        landed += hit
        print(
            f"| {name} | {len(samples) / RATE:.1f} | {before[0]:.1f} | {before[1]:.1f} | {before[2]:.1f} "
            f"| {after[0]:.2f} | {other:.2f} | {after[1]:.2f} | {after[2]:.1f} | {plan.report.gain_db:+.1f} "
            f"| {plan.report.limited_db:.1f} | {'hit' if hit else 'MISS'} |"
        )
    print(f"\n{landed} of {len(clips)} hit.")
    return landed == len(clips), spent / audio


class Listener:
    """Whisper base, and what it got wrong."""

    def __init__(self, store: WeightStore) -> None:
        from faster_whisper import WhisperModel

        folder = str(store.folder(WHISPER_BASE))
        self._whisper: Any = WhisperModel(folder, device="cpu", compute_type="int8", local_files_only=True)
        self._normal = EnglishTextNormalizer()

    def wer(self, texts: list[str], clips: list[Samples]) -> float:
        heard = []
        for samples in clips:
            segments, _ = self._whisper.transcribe(soxr.resample(samples, RATE, 16_000), language="en", beam_size=5)
            heard.append(self._normal(" ".join(segment.text for segment in segments)))
        return float(jiwer.wer([self._normal(text) for text in texts], heard))


def atempo(samples: Samples, factor: float) -> Samples:
    """FFmpeg's change of speed."""
    import av

    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=Fraction(1, RATE))
    change, sink = graph.add("atempo", str(factor)), graph.add("abuffersink")
    source.link_to(change)
    change.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[np.newaxis]), format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray()[0])
        except av.error.EOFError:
            return pieces(*parts)


def judge_speed(spoken: Speech, listener: Listener, quick: bool, compare: bool) -> tuple[bool, float]:
    """Prints the table; whether ours reached the goals, and its time as a share of the audio's."""
    methods: dict[str, Change] = {"ours": lambda samples, factor: stretch(samples, RATE, factor)[0]}
    if compare:
        methods["atempo"] = atempo
    texts, clips = [text for text, _ in spoken.values()], [samples for _, samples in spoken.values()]
    plain = listener.wer(texts, clips)
    print(f"\nSpeed; WER at normal speed is {100 * plain:.1f} %. Errors are the greatest of {len(clips)} clips.\n")
    print("| factor | method | length error % | pitch error % | WER change % | greatest step | time |")
    print("|---|---|---|---|---|---|---|")
    good, worst = True, 0.0
    seconds = sum(map(len, clips)) / RATE
    for factor in (0.75, 1.5) if quick else FACTORS:
        for name, change in methods.items():
            begin = time.perf_counter()
            changed = [change(samples, factor) for samples in clips]
            share = (time.perf_counter() - begin) / seconds
            pairs = list(zip(clips, changed, strict=True))
            length = max(abs(len(after) * factor / len(before) - 1) for before, after in pairs)
            pitch = max(abs(pitch_change(before, after, RATE, factor) - 1) for before, after in pairs)
            jump = max(float(np.abs(np.diff(b)).max() / np.abs(np.diff(a)).max()) for a, b in pairs)
            wer = listener.wer(texts, changed) - plain
            print(
                f"| {factor} | {name} | {100 * length:.2f} | {100 * pitch:.2f} | {100 * wer:+.1f} | {jump:.2f} "
                f"| {share:.4f} |"
            )
            if name == "ours":
                good &= length <= GOAL_LENGTH and pitch <= GOAL_PITCH and wer <= GOAL_WER and jump <= GOAL_STEP
                worst = max(worst, share)
    return good, worst


def judge_denoise(spoken: Speech, listener: Listener) -> tuple[bool, float]:
    """Prints the figures; whether they reach the goals, and the time as a share of the audio's."""
    from speechmos import dnsmos

    texts, clips = [text for text, _ in spoken.values()], [samples for _, samples in spoken.values()]
    noisy = [
        samples + noise(len(samples) / RATE, rms(samples) * 10 ** (-SNR_DB / 20), seed)[: len(samples)]
        for seed, samples in enumerate(clips)
    ]
    begin = time.perf_counter()
    cleaned = [denoise(samples, RATE) for samples in noisy]
    share = (time.perf_counter() - begin) / (sum(map(len, clips)) / RATE)
    untouched = [denoise(samples, RATE) for samples in clips]
    lowered = [
        level(before[quiet]) - level(after[quiet])
        for clip, before, after in zip(clips, noisy, cleaned, strict=True)
        if (quiet := in_pauses(clip)).any()
    ]
    levels = [level(after) - level(before) for before, after in zip(clips, untouched, strict=True)]
    print(f"\nNoise removal, white noise {SNR_DB:g} dB below the speech\n")
    print(f"noise in pauses lowered by {min(lowered):.1f} dB at least, {np.median(lowered):.1f} dB in the median")
    print(f"level of clean speech changed by {max(levels, key=abs):+.2f} dB at most")
    print("| | WER % | DNSMOS overall | signal | background |\n|---|---|---|---|---|")
    for name, sounds in (("clean", clips), ("clean, denoised", untouched), ("noisy", noisy), ("denoised", cleaned)):
        waves = [soxr.resample(samples, RATE, 16_000) for samples in sounds]
        marks = [dnsmos.run(wave / max(1.0, float(np.abs(wave).max())), 16_000) for wave in waves]
        ovrl, sig, bak = (np.mean([mark[key] for mark in marks]) for key in ("ovrl_mos", "sig_mos", "bak_mos"))
        print(f"| {name} | {100 * listener.wer(texts, sounds):.1f} | {ovrl:.2f} | {sig:.2f} | {bak:.2f} |")
    return min(lowered) >= GOAL_NOISE_DB and max(map(abs, levels)) <= GOAL_LEVEL_DB, share


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def level(samples: Samples) -> float:
    return float(20 * np.log10(rms(samples) + 1e-7))


def in_pauses(clean: Samples) -> np.typing.NDArray[np.bool_]:
    """Samples at least 30 ms away from anything louder than 60 dB below the loudest frame."""
    levels = frame_levels(clean, RATE)
    loud = np.convolve(levels > levels.max() * 1e-3, np.ones(7), mode="same") > 0
    return np.repeat(~loud, RATE // 100)[: len(clean)]


def time_of(step: Callable[[Samples], object], clips: list[Samples]) -> float:
    begin = time.perf_counter()
    for samples in clips:
        step(samples)
    return (time.perf_counter() - begin) / (sum(map(len, clips)) / RATE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, default=Path("models"), help="folder for model files")
    parser.add_argument("--quick", action="store_true", help="fewer voices, sentences and factors, shorter clips")
    parser.add_argument("--compare", action="store_true", help="FFmpeg's change of speed too")
    options = parser.parse_args()
    store = WeightStore(options.cache)
    spoken = speak(store, options.cache, options.quick)
    listener = Listener(store)
    print(f"{cpu_name()}, {os.cpu_count()} cores, {len(spoken)} spoken clips")
    clips = make_clips(spoken, options.quick)
    goals: dict[str, tuple[bool, float]] = {}
    for target in TARGETS:
        goals[f"loudness {target.integrated:g} LUFS"] = judge_loudness(clips, target)
    goals["speed"] = judge_speed(spoken, listener, options.quick, options.compare)
    if available():
        goals["noise removal"] = judge_denoise(spoken, listener)
    said = [samples for _, samples in spoken.values()]
    goals["silence cut"] = (True, time_of(lambda samples: cut_silence(samples, RATE), said))
    goals["pauses shortened"] = (True, time_of(lambda samples: shorten_pauses(samples, RATE), said))
    print("\n| step | time, as a share of the audio's length | goals |\n|---|---|---|")
    for name, (good, share) in goals.items():
        print(f"| {name} | {share:.4f} | {'held' if good else 'MISSED'} |")
    return 0 if all(good for good, _ in goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
