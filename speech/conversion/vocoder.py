"""Speech as pitch, envelope and breath, frame by frame, so that its timing and its pitch can be changed apart.

WORLD: Morise, Yokomori and Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system for real-time
applications", IEICE Transactions E99-D, 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from speech.samples import Samples

FRAME_SECONDS: Final = 0.005
LOWEST_PITCH: Final = 60.0
HIGHEST_PITCH: Final = 500.0

_CEPSTRA: Final = 60
_LEAST_BREATH: Final = 1e-3
_SPREADS: Final = (0.6, 1.6)
"""How far the range of a pitch may be widened or narrowed when it is carried over."""

Frames = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Analysis:
    """Speech in frames of `FRAME_SECONDS`.

    Attributes:
        pitch: Hz, 0 where there is none; shape ``(n,)``.
        cepstra: of the spectral envelope, shape ``(n, 60)``.
        breath: aperiodicity of each band, 0 to 1; shape ``(n, bins)``.
    """

    pitch: Frames
    cepstra: Frames
    breath: Frames

    def at(self, places: Frames) -> Analysis:
        """The frames at these places between frames, in any order and speed."""
        places = np.clip(places, 0, len(self.pitch) - 1)
        first = np.minimum(places.astype(int), max(0, len(self.pitch) - 2))
        following = np.minimum(first + 1, len(self.pitch) - 1)
        share = (places - first)[:, np.newaxis]
        return Analysis(
            self.pitch[np.round(places).astype(int)],
            self.cepstra[first] * (1 - share) + self.cepstra[following] * share,
            self.breath[first] * (1 - share) + self.breath[following] * share,
        )


def analyse(samples: Samples, sample_rate: int) -> Analysis:
    """Take speech apart."""
    import pyworld

    wave = samples.astype(np.float64)
    pitch, times = pitch_of(samples, sample_rate)
    envelope = pyworld.cheaptrick(wave, pitch, times, sample_rate)
    breath = pyworld.d4c(wave, pitch, times, sample_rate)
    return Analysis(pitch, pyworld.code_spectral_envelope(envelope, sample_rate, _CEPSTRA), breath)


def pitch_of(samples: Samples, sample_rate: int) -> tuple[Frames, Frames]:
    """Pitch in Hz, 0 where there is none, and the moments of the frames in seconds."""
    import pyworld

    wave = samples.astype(np.float64)
    # Seven times as fast as WORLD's newer Harvest; on speech the two differ by a third of a semitone.
    rough, times = pyworld.dio(
        wave, sample_rate, f0_floor=LOWEST_PITCH, f0_ceil=HIGHEST_PITCH, frame_period=1000 * FRAME_SECONDS
    )
    return pyworld.stonemask(wave, rough, times, sample_rate), times


def synthesise(speech: Analysis, sample_rate: int) -> Samples:
    """Put speech together again."""
    import pyworld

    size = pyworld.get_cheaptrick_fft_size(sample_rate)
    envelope = pyworld.decode_spectral_envelope(np.ascontiguousarray(speech.cepstra), sample_rate, size)
    breath = np.ascontiguousarray(np.clip(speech.breath, _LEAST_BREATH, 1.0))
    pitch = np.ascontiguousarray(speech.pitch)
    wave = pyworld.synthesize(pitch, envelope, breath, sample_rate, 1000 * FRAME_SECONDS)
    return np.asarray(wave, np.float32)


def carried_pitch(contour: Frames, voice: Frames) -> Frames:
    """The movement of one pitch in the range of another voice.

    Args:
        contour: pitch whose rises and falls are kept, 0 where there is none.
        voice: pitch of the other voice, whose middle and spread are taken.

    Returns:
        pitch for every frame of `contour`, gaps filled in; all 0 where either has none.
    """
    moving, other = contour[contour > 0], voice[voice > 0]
    if len(moving) < 4 or len(other) < 4:
        return np.zeros_like(contour)
    logs, others = np.log(moving), np.log(other)
    spread = float(np.clip(others.std() / max(logs.std(), 1e-3), *_SPREADS))
    carried = (logs - np.median(logs)) * spread + np.median(others)
    filled = np.interp(np.arange(len(contour)), np.flatnonzero(contour > 0), carried)
    pitch: Frames = np.clip(np.exp(filled), LOWEST_PITCH, HIGHEST_PITCH)
    return pitch
