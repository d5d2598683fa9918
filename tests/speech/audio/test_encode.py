from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.audio.encode import BIT_RATES, FORMATS, AudioFileWriter
from speech.audio.tags import MAX_TAG_LENGTH, TAG_NAMES, tag_text
from tests.support.tones import decode, strongest

RATE = 24_000
SOUND = (0.4 * np.sin(2 * np.pi * 440 * np.arange(int(2.3457 * RATE)) / RATE)).astype(np.float32)
LOSSLESS = {"wav", "flac"}
CHIRP = (0.5 * np.sin(2 * np.pi * (150 + 300 * np.arange(3 * RATE) / RATE) * np.arange(3 * RATE) / RATE)).astype("f4")
TAGS = {
    "title": "Der Übergang 😀 – erste Zeile\nzweite: 東京, עברית",
    "artist": "af_heart",
    "album": "Læsning; 1/2 = ½",
    "track": "3/12",
    "date": "2025-11-24",
    "comment": "settings 1a2b3c\n👩‍👩‍👧",
    "engine": "kokoro 🎙 1.0",
}
READ_AS = {"encoded_by": "engine", "encoder": "engine"}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("block", [997, 24_000, len(SOUND)])
def test_every_format_keeps_length_and_sound(tmp_path: Path, name: str, block: int) -> None:
    path = tmp_path / f"sound{FORMATS[name].suffix}"
    with AudioFileWriter(path, name, RATE) as writer:
        for start in range(0, len(SOUND), block):
            writer.write(SOUND[start : start + block])
    samples, rate = decode(path)
    if name in LOSSLESS:
        assert len(samples) == len(SOUND)
        assert np.abs(samples - SOUND).max() <= 1 / 32767
    else:
        # AAC pads its last frame of 1024 samples; players read the true length from the container.
        assert len(samples) / rate == pytest.approx(len(SOUND) / RATE, abs=1024 / RATE)
    assert strongest(samples, rate, 100, 1000) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("name", FORMATS)
def test_too_loud_is_clipped_not_wrapped(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"loud{FORMATS[name].suffix}"
    with AudioFileWriter(path, name, RATE) as writer:
        writer.write((3 * SOUND / 0.4).astype(np.float32))
    samples, _ = decode(path)
    steps = np.abs(np.diff(samples[2000:-2000]))
    assert steps.max() < 0.8


def test_a_file_without_samples_is_still_a_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    with AudioFileWriter(path, "wav", RATE):
        pass
    assert path.stat().st_size >= 44


def written(path: Path, name: str, samples: np.ndarray, rate: int = RATE, **options: object) -> Path:
    with AudioFileWriter(path / f"sound{FORMATS[name].suffix}", name, rate, **options) as writer:  # type: ignore[arg-type]
        for start in range(0, len(samples), 5000):
            writer.write(samples[start : start + 5000])
    return path / f"sound{FORMATS[name].suffix}"


def tags_of(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        found = {**container.metadata, **container.streams.audio[0].metadata}
    if "encoded_by" in found:
        found.pop("encoder")
    return {READ_AS.get(name, name): text for name, text in found.items() if READ_AS.get(name, name) in TAG_NAMES}


@pytest.mark.parametrize("name", FORMATS)
def test_tags_are_read_back(tmp_path: Path, name: str) -> None:
    assert tags_of(written(tmp_path, name, SOUND, tags=TAGS)) == TAGS


@pytest.mark.parametrize("name", FORMATS)
def test_hardly_any_text_is_lost_in_tags(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp(name)
    texts = st.text(st.characters(), max_size=60)

    @settings(max_examples=40, deadline=None)
    @given(texts, texts)
    def check(title: str, comment: str) -> None:
        found = tags_of(written(folder, name, SOUND[:1200], tags={"title": title, "comment": comment}))
        assert found.get("title", "") == tag_text(title)
        assert found.get("comment", "") == tag_text(comment)

    check()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b\x07c\x1b", "abc"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree four"),
        ("\ud83d\ude00 \ud83d!", "😀 \ufffd!"),
        ("\ufeffmark\ufffe", "mark"),
        ("  \n edges \n", "edges"),
        ("é" * 600, "é" * MAX_TAG_LENGTH),
        ("\x00\n ", ""),
    ],
)
def test_text_is_made_fit_for_tags(text: str, kept: str) -> None:
    assert tag_text(text) == kept


@given(st.text(st.characters(), max_size=700))
def test_making_fit_twice_changes_nothing(text: str) -> None:
    assert tag_text(tag_text(text)) == tag_text(text)


@pytest.mark.parametrize("tags", [{"mood": "merry"}, {"track": "three"}, {"track": "3/"}])
def test_tags_that_no_container_has_are_refused(tmp_path: Path, tags: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(tags))):
        AudioFileWriter(tmp_path / "a.wav", "wav", RATE, tags)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("name", FORMATS)
def test_tags_change_neither_length_nor_place(tmp_path: Path, name: str, rate: int) -> None:
    path = written(tmp_path, name, CHIRP, rate, tags=TAGS)
    samples, decoded_rate = decode(path)
    back = samples[:: decoded_rate // rate]
    # AAC alone decodes whole frames of 1024; its container says how much of the last one counts.
    assert len(CHIRP) <= len(back) < len(CHIRP) + (1024 if name == "aac" else 1)
    reach = 200
    padded = np.pad(back[: len(CHIRP)], reach)
    shifts = [float(padded[shift : shift + len(CHIRP)] @ CHIRP) for shift in range(2 * reach + 1)]
    assert int(np.argmax(shifts)) - reach == 0
    with av.open(str(path)) as container:
        # Ogg counts the 6.5 ms before the first sample of Opus as well.
        assert container.duration / av.time_base == pytest.approx(
            len(CHIRP) / rate, abs=0.007 if name == "opus" else 2e-6
        )


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "opus"])
def test_another_decoder_finds_the_exact_length(tmp_path: Path, name: str) -> None:
    samples, rate = soundfile.read(written(tmp_path, name, CHIRP, tags=TAGS), dtype="float32")
    assert (len(samples), rate) == (len(CHIRP), RATE)


@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("length", [100, 575, 576, 1105, 24_193, 24_208, 24_221])
def test_mp3_has_the_exact_length_whatever_its_last_frame_holds(tmp_path: Path, length: int, rate: int) -> None:
    path = written(tmp_path, "mp3", CHIRP[:length], rate)
    for samples, _ in (decode(path), soundfile.read(path, dtype="float32")):
        assert len(samples) == length


def test_mp3_tells_players_what_to_skip(tmp_path: Path) -> None:
    raw = written(tmp_path, "mp3", CHIRP, tags=TAGS).read_bytes()
    info = raw.index(b"Info")
    frames = int.from_bytes(raw[info + 8 : info + 12], "big")
    encoder = raw.index(b"Lavf", info)
    skipped = int.from_bytes(raw[encoder + 21 : encoder + 24], "big")
    assert frames * 576 - (skipped >> 12) - (skipped & 0xFFF) == len(CHIRP)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("bit_rate", [*BIT_RATES, 48_000])
def test_bit_rates_are_followed_where_there_is_a_choice(tmp_path: Path, name: str, bit_rate: int) -> None:
    noisy = (CHIRP + 0.05 * np.random.default_rng(1).standard_normal(len(CHIRP))).astype(np.float32)
    chosen = written(tmp_path, name, noisy, bit_rate=bit_rate).stat().st_size
    usual = written(tmp_path, name, noisy).stat().st_size
    if name in LOSSLESS:
        assert chosen == usual
    elif bit_rate == 48_000:
        assert chosen * 8 * RATE / len(CHIRP) == pytest.approx(48_000, rel=0.1)
    else:
        assert (chosen < usual) == (bit_rate < 48_000)


@pytest.mark.parametrize("bit_rate", [0, 7_999, 320_001])
def test_impossible_bit_rates_are_refused(tmp_path: Path, bit_rate: int) -> None:
    with pytest.raises(ValueError, match="bit rate"):
        AudioFileWriter(tmp_path / "a.mp3", "mp3", RATE, bit_rate=bit_rate)
