"""Decodes a file from a stranger and measures it; run as a program it does so for its parent, which may kill it.

The parent writes one line of JSON for each file and reads one line of JSON back.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from speech.audio.containers import KINDS, AudioHeader, open_audio, read_header
from speech.audio.recording_advice import remarks, verdict
from speech.audio.recording_meter import RecordingMeter

MEASURED_SECONDS: Final = 600.0
"""Of a longer recording only so much is measured; all of it is decoded."""
SAMPLE_RATES: Final = (4_000, 384_000)
MOST_CHANNELS: Final = 16
MEMORY_BYTES: Final = 2 << 30
"""Address space the program may take beyond what it starts with."""


class Refusal(Exception):  # noqa: N818
    """The file cannot be taken; the message says why, as the end of a sentence about it."""


@dataclass(frozen=True)
class Examination:
    """What a file holds.

    Attributes:
        container: FFmpeg's name of its kind.
        seconds: as decoded, not as stated.
        sample_rate: in Hz.
        channels: of the recording.
        quality: JSON-able: ``verdict``, ``measures`` by name, and ``remarks`` with code, sentence and severity.
    """

    container: str
    seconds: float
    sample_rate: int
    channels: int
    quality: dict[str, Any]


def examine(path: Path, longest: float) -> Examination:
    """Decode all of a file.

    Args:
        path: to read.
        longest: seconds that it may last, whatever its header says.

    Raises:
        Refusal: no audio of a known kind, damaged, empty or too long.
    """
    import av

    try:
        with open_audio(path) as container:
            header = read_header(container)
            _check(header, longest)
            meter, seconds = _decode(container, header, longest)
    except (av.error.FFmpegError, OSError, ValueError, IndexError, MemoryError, OverflowError) as error:
        raise Refusal(f"holds no sound that can be decoded; send {KINDS}") from error
    measured = meter.measure()
    found = remarks(measured)
    quality = {
        "verdict": verdict(found),
        "measures": {name: round(value, 5) for name, value in asdict(measured).items()},
        "signal_to_noise_db": round(measured.signal_to_noise_db, 1),
        "remarks": [asdict(remark) for remark in found],
    }
    return Examination(header.container, round(seconds, 3), header.sample_rate, header.channels, quality)


def _check(header: AudioHeader, longest: float) -> None:
    if header.seconds is not None and header.seconds > longest:
        raise Refusal(_too_long(longest))
    if not SAMPLE_RATES[0] <= header.sample_rate <= SAMPLE_RATES[1] or not 1 <= header.channels <= MOST_CHANNELS:
        raise Refusal(f"has {header.channels} channels at {header.sample_rate} Hz, which no recording of speech has")


def _decode(container: Any, header: AudioHeader, longest: float) -> tuple[RecordingMeter, float]:
    import av
    import numpy as np

    meter = RecordingMeter(header.sample_rate)
    resampler = av.AudioResampler("flt", "mono", header.sample_rate)
    count, most, measured = 0, int(longest * header.sample_rate), int(MEASURED_SECONDS * header.sample_rate)

    def take(frame: Any) -> None:
        nonlocal count
        for piece in resampler.resample(frame):
            samples = piece.to_ndarray().ravel()
            if not np.isfinite(samples).all():
                raise Refusal("contains values that are no numbers")
            if count < measured:
                meter.write(samples.astype(np.float32, copy=False))
            count += len(samples)

    for frame in container.decode(container.streams.audio[0]):
        take(frame)
        if count > most:
            raise Refusal(_too_long(longest))
    take(None)
    if not count:
        raise Refusal("holds no sound")
    return meter, count / header.sample_rate


def _too_long(longest: float) -> str:
    shown = f"{longest / 60:g} minutes" if longest < 7200 else f"{longest / 3600:g} hours"
    return f"is longer than {shown}"


def main() -> None:
    """Serve the parent until it closes the pipe."""
    _limit_memory()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer: dict[str, Any] = {"found": asdict(examine(Path(asked["path"]), asked["longest"]))}
        except Refusal as refusal:
            answer = {"refused": str(refusal)}
        sys.stdout.write(json.dumps(answer, default=_plain) + "\n")
        sys.stdout.flush()


def _plain(value: Any) -> float:
    number = float(value)
    return number if math.isfinite(number) else 0.0


def _limit_memory() -> None:
    import av  # noqa: F401  counted before the limit is set
    import numpy as np  # noqa: F401

    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
