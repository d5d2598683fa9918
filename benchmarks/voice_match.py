"""How near voice matching comes to recordings that it was not fitted to::

    python -m benchmarks.voice_match [--clips FOLDER] [--cache FOLDER]

For each clip: similarity of the nearest shipped voice and of the match on a sentence that neither the table nor the
choice has heard, and the words that Whisper hears otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.clips import english_clips
from config import load_settings
from speech.audio.decode import decode
from speech.cancel import CancelToken
from speech.engines.embedded.engine import EmbeddedEngine
from speech.engines.embedded.matching import MatchTable
from speech.engines.protocol import Reference, TakeRequest
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.validation import create_validator
from speech.validation.compare import compare
from speech.weights import WeightStore

SENTENCE: Final = "Shortly before midnight he heard a voice, faint but clear, calling from below."
RATE: Final = 24_000


class Bench:
    """The engine with its judges."""

    def __init__(self, cache: Path) -> None:
        self._engine = EmbeddedEngine(WeightStore(cache), cache)
        self._encoder = SpeakerEncoder()
        self._listener = create_validator(cache_dir=cache)
        self._table = MatchTable()

    def row(self, clip: Reference) -> tuple[float, float, float, float, str]:
        """Similarity of the nearest voice, of the match as measured and on the sentence; errors; what it is."""
        wanted = self._encoder.embed(decode(clip.path, RATE, 60.0), RATE)
        assert wanted is not None
        nearest = self._table.nearest(wanted)[0]
        match = self._engine.match(clip, CancelToken())
        spoken = self._say(TakeRequest(SENTENCE, "", "en-US", 0, reference=clip))
        stock = self._say(TakeRequest(SENTENCE, nearest, "en-US", 0))
        heard = self._listener.transcribe(spoken, RATE, "en").text
        kind = "blend" if len(match.shares) > 1 else next(iter(match.shares))
        errors = float(compare([SENTENCE], heard, "en").wer)
        return self._likeness(stock, wanted), match.similarity, self._likeness(spoken, wanted), errors, kind

    def _say(self, request: TakeRequest) -> Samples:
        return self._engine.generate([request], CancelToken())[0]

    def _likeness(self, spoken: Samples, wanted: Embedding) -> float:
        embedding = self._encoder.embed(spoken, RATE)
        return 0.0 if embedding is None else similarity(embedding, wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, help="folder of recordings, one speaker each")
    parser.add_argument("--cache", type=Path, default=load_settings().paths.models_dir, help="folder of model files")
    options = parser.parse_args()
    bench = Bench(options.cache)
    print("clip             stock  measured  match  WER    voice")
    rows = []
    for clip in english_clips(options.clips):
        stock, measured, match, errors, kind = bench.row(clip)
        rows.append((stock, match, errors))
        print(f"{clip.name:16s} {stock:.3f}  {measured:.3f}     {match:.3f}  {errors:5.1%}  {kind}", flush=True)
    stock, match, errors = np.mean(rows, axis=0)
    print(f"{len(rows)} clips: nearest stock voice {stock:.3f}, voice match {match:.3f}, WER {errors:.1%}")


if __name__ == "__main__":
    main()
