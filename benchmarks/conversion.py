"""What voice conversion by the embedded engine keeps and reaches::

    python -m benchmarks.conversion [--clips FOLDER] [--cache FOLDER]      # 12 pairs
    python -m benchmarks.conversion --joins MINUTES [--cache FOLDER]       # in pieces of 60 s against one piece
    python -m benchmarks.conversion --memory HOURS                         # the pipeline alone, with the tone engine

A pair is a source and a target, shipped voices and people. Each row: words that Whisper hears otherwise than the text
says (for people, than it hears in the source), before and after; similarity to target and source; length.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips import english_clips
from config import load_settings
from speech.audio.decode import decode
from speech.cancel import CancelToken
from speech.conversion.listening import Ears
from speech.conversion.model import ModelConverter
from speech.conversion.protocol import Converter
from speech.conversion.recording import ConversionRules, SourceAudio, convert_recording
from speech.conversion.resynthesis import ResynthesisConverter
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.protocol import Reference, TakeRequest, Voice
from speech.engines.tone import ToneEngine
from speech.finishing import FinishingRules
from speech.lane import Lane
from speech.progress import ignore
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.spool import Spool
from speech.validation import create_validator
from speech.validation.compare import compare
from speech.weights import WeightStore

RATE: Final = 24_000
SENTENCES: Final = Path(__file__).parent / "embedded_sentences.txt"
PAIRS: Final = (
    ("af_heart", "am_michael"), ("am_michael", "bf_emma"), ("bf_emma", "am_fenrir"), ("bm_george", "af_bella"),
    ("af_heart", "clip:andrew"), ("am_michael", "clip:sarah"), ("af_bella", "clip:joseph"), ("bm_fable", "clip:karen"),
    ("clip:andrew", "af_heart"), ("clip:linda_johnson", "am_michael"), ("clip:sarah", "clip:kevin"),
    ("clip:robert", "clip:jennifer"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One converted pair."""

    before: float
    after: float
    target: float
    source: float
    length: float


class Bench:
    """The engine, its lane and the judges."""

    def __init__(self, cache: Path, clips: dict[str, Reference]) -> None:
        self._clips = clips
        self.engine = EmbeddedEngine(WeightStore(cache), cache)
        self.lane = Lane(self.engine)
        self.listener = create_validator(cache_dir=cache)
        self._encoder = SpeakerEncoder()

    def row(self, source: str, target: str) -> Row:
        """Convert a pair and judge it."""
        samples, text = self._source(source)
        wanted = self._target(target)
        converted = ResynthesisConverter(self.lane, self.listener, wanted, "en-US").convert(samples, CancelToken())
        heard = [self.listener.transcribe(sound, RATE, "en").text for sound in (samples, converted.samples)]
        expected = text or heard[0]
        before, after = (compare([expected], words, "en").wer for words in heard)
        result, own, other = self._embed(converted.samples), self._embed(samples), self._wanted(wanted)
        length = len(converted.samples) / len(samples)
        return Row(before, after, similarity(result, other), similarity(result, own), length)

    def speech(self, seconds: float) -> Samples:
        """The sentences, again and again, by one voice with pauses."""
        parts = [np.zeros(RATE // 3, np.float32)]
        lines = SENTENCES.read_text("utf-8").splitlines()
        while sum(map(len, parts)) < seconds * RATE:
            parts += [self._say(lines[len(parts) // 2 % len(lines)], "af_heart"), parts[0]]
        return np.concatenate(parts)[: int(seconds * RATE)]

    def _source(self, name: str) -> tuple[Samples, str]:
        if name.startswith("clip:"):
            return decode(self._clips[name[5:]].path, RATE, 60.0), ""
        text = " ".join(SENTENCES.read_text("utf-8").splitlines()[:3])
        return self._say(text, name), text

    def _target(self, name: str) -> Voice | Reference:
        if name.startswith("clip:"):
            return self._clips[name[5:]]
        return next(voice for voice in self.engine.voices if voice.name == name)

    def _wanted(self, target: Voice | Reference) -> Embedding:
        if isinstance(target, Reference):
            return self._embed(decode(target.path, RATE, 60.0))
        embedding = self.engine.embedding(target.name)
        assert embedding is not None
        return embedding

    def _embed(self, samples: Samples) -> Embedding:
        embedding = self._encoder.embed(samples, RATE)
        assert embedding is not None
        return embedding

    def _say(self, text: str, voice: str) -> Samples:
        return self.lane.submit(TakeRequest(text, voice, "en-US", 0), CancelToken()).result().samples


def pairs(bench: Bench) -> None:
    """The table of pairs and what is demanded of it."""
    print("source              target              WER before  after  to target  to source  length")
    rows = []
    for source, target in PAIRS:
        row = bench.row(source, target)
        rows.append(row)
        print(
            f"{source:19s} {target:19s} {row.before:10.1%}  {row.after:5.1%}  {row.target:9.3f}  {row.source:9.3f}  "
            f"{row.length:6.4f}",
            flush=True,
        )
    words = sum(row.after <= row.before + 0.08 for row in rows)
    nearer = sum(row.target > row.source for row in rows)
    print(f"words kept within 8 points in {words}, nearer to the target in {nearer} of {len(rows)} pairs")


def joins(bench: Bench, minutes: float) -> None:
    """Steepest step between two samples near the joins, against everywhere in the same audio made in one piece."""
    source = bench.speech(minutes * 60)
    voice = next(voice for voice in bench.engine.voices if voice.name == "am_michael")
    converter = ResynthesisConverter(bench.lane, bench.listener, voice, "en-US")
    started = time.perf_counter()
    pieces, cuts = _converted(converter, source, 60.0)
    seconds = time.perf_counter() - started
    whole, _ = _converted(converter, source, 300.0)
    steps = [float(np.abs(np.diff(pieces[max(0, cut - RATE // 10) : cut + RATE // 10])).max()) for cut in cuts]
    print(f"{minutes:g} minutes in {len(cuts) + 1} pieces: {seconds / minutes / 60:.2f} of real time")
    print(f"steepest step within 0.1 s of a join {max(steps, default=0.0):.4f}; anywhere in the longest pieces "
          f"{float(np.abs(np.diff(whole)).max()):.4f}")  # fmt: skip
    heard = [bench.listener.transcribe(sound[: RATE * 120], RATE, "en").text for sound in (source, pieces, whole)]
    errors = [compare([heard[0]], words, "en").wer for words in heard[1:]]
    print(f"words changed in the first two minutes: in pieces {errors[0]:.1%}, in long pieces {errors[1]:.1%}")


def _converted(converter: Converter, source: Samples, piece_seconds: float) -> tuple[Samples, list[int]]:
    """The result, and the samples at which its pieces meet."""
    rules = ConversionRules(piece_seconds, 0.1, 0.0, FinishingRules())
    ears = Ears(None, SpeakerEncoder(), None, "en", "")
    with tempfile.TemporaryDirectory() as folder, Spool(Path(folder), RATE) as spool:
        done = convert_recording(SourceAudio([source], None), converter, rules, ears, spool, [], ignore, CancelToken())
        cuts = [round(piece.end * RATE) for piece in done.pieces[:-1]]
        return np.concatenate(list(spool.blocks())), cuts


def memory(hours: float) -> None:
    """Peak memory of the whole pipeline but for the model."""
    lane = Lane(engine := ToneEngine())
    converter = ModelConverter(engine, lane, engine.voices[0], 1, False)
    ears = Ears(None, SpeakerEncoder(), None, "en", "")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, Spool(Path(folder), RATE) as spool:
        rules = ConversionRules(60.0, 0.1, 0.0, FinishingRules())
        source = SourceAudio(_noise(hours * 3600), hours * 3600)
        convert_recording(source, converter, rules, ears, spool, [], ignore, CancelToken())
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        more = (after - before) / 1024
        print(f"{spool.seconds / 3600:g} hours: peak {after / 1024:.0f} MB, {more:.0f} MB more than before")
    lane.close()


def _noise(seconds: float) -> Iterator[Samples]:
    generator = np.random.default_rng(0)
    for _ in range(round(seconds * 10)):
        yield (0.1 * generator.standard_normal(RATE // 10)).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, help="folder of recordings, one speaker each")
    parser.add_argument("--cache", type=Path, default=load_settings().paths.models_dir, help="folder of model files")
    parser.add_argument("--joins", type=float, metavar="MINUTES", help="compare joins instead")
    parser.add_argument("--memory", type=float, metavar="HOURS", help="measure memory instead")
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return
    clips = {} if options.joins else {clip.name: clip for clip in english_clips(options.clips)}
    bench = Bench(options.cache, clips)
    joins(bench, options.joins) if options.joins else pairs(bench)
    bench.lane.close()


if __name__ == "__main__":
    main()
