"""Measures the table that voice matching is fitted to: what blends of the shipped voices sound like.

Run it again only when the packaged model or the voices change; it takes some ten minutes and rewrites
``speech/engines/embedded/data/voice_match.npz``::

    python -m benchmarks.voice_match_table --cache FOLDER
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.cancel import CancelToken
from speech.engines.embedded.matching import CALIBRATION_SENTENCES, TABLE
from speech.engines.embedded.phonemes import english_phonemiser
from speech.engines.embedded.variants import VariantStore
from speech.engines.embedded.voices import VoiceTable
from speech.speakers.encoder import SpeakerEncoder
from speech.weights import WeightStore

BLENDS: Final = 220
STRETCH: Final = 1.5
"""Blends reach this far from the mean of their voices, a little beyond the voices themselves."""


def blends(count: int) -> Iterator[npt.NDArray[np.float64]]:
    """Each voice alone, then random weights of two to four voices; they add up to 1."""
    yield from np.eye(count)
    generator = np.random.default_rng(0)
    for _ in range(BLENDS):
        size = int(generator.integers(2, 5))
        chosen = generator.choice(count, size, replace=False)
        shares = generator.dirichlet(np.ones(size))
        weights = np.zeros(count)
        weights[chosen] = shares * STRETCH - (STRETCH - 1) / size
        yield weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, required=True, help="folder for assembled model files")
    cache = parser.parse_args().cache
    model = VariantStore(WeightStore(cache), cache, "auto", 0).open()
    encoder, table, phonemiser = SpeakerEncoder(), VoiceTable(), english_phonemiser()
    names = [voice.name for voice in table.voices]
    styles = np.stack([table.style(name) for name in names])
    phonemes = [phonemiser.phonemes(sentence, "en-US") for sentence in CALIBRATION_SENTENCES]
    weights, embeddings = [], []
    for number, blend in enumerate(blends(len(names))):
        style = np.tensordot(blend.astype(np.float32), styles, 1)
        spoken = [encoder.embed(model.speak(line, style, 1.0, CancelToken()), 24_000) for line in phonemes]
        weights.append(blend)
        embeddings.append(np.stack([np.zeros(256) if one is None else one for one in spoken]))
        print(number, flush=True)
        if number % 20 == 0 or number == len(names) + BLENDS - 1:
            np.savez_compressed(
                TABLE,
                names=np.array(names),
                weights=np.array(weights, np.float32),
                embeddings=np.array(embeddings, np.float16),
            )


if __name__ == "__main__":
    main()
