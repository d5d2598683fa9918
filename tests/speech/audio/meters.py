"""Loudness meters that are not ours, to judge ours by; shared with a benchmark."""

import math
from fractions import Fraction

import av
import numpy as np
import pytest

from speech.samples import Samples


def ffmpeg_loudness(samples: Samples, rate: int) -> tuple[float, float, float]:
    """Integrated loudness in LUFS, true peak in dBTP and range in LU by FFmpeg's `ebur128`.

    It reports at whole tenths of a second only, so the sound is filled up with silence to the next one.
    """
    if not hasattr(av.AudioFrame, "metadata"):
        pytest.skip("FFmpeg's meter can be read with PyAV 18 and later, which Python 3.10 does not have")
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate))
    meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    padded = np.pad(samples, (0, -len(samples) % (rate // 10)))
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(padded[np.newaxis]), format="flt", layout="mono")
    frame.sample_rate = rate
    frame.pts = 0
    frame.time_base = Fraction(1, rate)
    graph.push(frame)
    graph.push(None)
    read: dict[str, str] = {}
    while True:
        try:
            read = graph.pull().metadata or read
        except av.error.EOFError:
            break
    peak = float(read["lavfi.r128.true_peak"])
    return (
        float(read["lavfi.r128.I"]),
        20 * math.log10(peak) if peak > 0 else -math.inf,
        float(read["lavfi.r128.LRA"]),
    )


def pyloudnorm_loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS by pyloudnorm; the sound must have at least 0.4 s."""
    import pyloudnorm

    return float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64)))
