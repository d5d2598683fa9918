"""Voice matching without a model: what is chosen, kept and refused."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from exceptions import GenerationError
from speech.engines.embedded import matching
from speech.engines.embedded.matching import CALIBRATION_SENTENCES, MatchTable, VoiceMatcher
from speech.engines.embedded.voices import StyleTable, VoiceTable
from speech.engines.protocol import Reference
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.weights import file_sha256


class Ear(SpeakerEncoder):
    """Hears the wanted voice in the recording, and in everything spoken what it is told."""

    def __init__(self, wanted: Embedding | None, spoken: Embedding) -> None:
        super().__init__()
        self.wanted, self.spoken = wanted, spoken

    def embed(self, samples: Samples, sample_rate: int) -> Embedding | None:
        return self.spoken if sample_rate == 24_000 else self.wanted


@pytest.fixture(scope="module")
def table() -> MatchTable:
    return MatchTable()


@pytest.fixture
def recording(tmp_path: Path) -> Reference:
    path = tmp_path / "anna.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(8000), 16_000)
    return Reference("anna.wav", path, file_sha256(path))


@pytest.fixture
def said() -> Iterator[list[str]]:
    yield []


def matcher(ear: Ear, folder: Path) -> VoiceMatcher:
    return VoiceMatcher(VoiceTable(), ear, folder / "matches")


def test_the_blend_is_taken_where_it_is_nearer(
    table: MatchTable, recording: Reference, tmp_path: Path, said: list[str]
) -> None:
    wanted = _between(table, "am_adam", "am_liam")

    def speak(sentence: str, style: StyleTable) -> Samples:
        said.append(sentence)
        assert style.shape == (510, 256)
        return np.ones(10, np.float32)

    match = matcher(Ear(wanted, wanted), tmp_path).match(recording, speak)
    assert match.similarity == pytest.approx(1.0, abs=1e-3)
    assert sum(match.shares.values()) == pytest.approx(1.0, abs=1e-3)
    # The regression finds the two voices that the recording lies between.
    assert set(sorted(match.shares, key=match.shares.__getitem__)[-2:]) == {"am_adam", "am_liam"}
    assert said == list(CALIBRATION_SENTENCES)


def test_a_voice_alone_is_taken_where_the_blend_is_worse(
    table: MatchTable, recording: Reference, tmp_path: Path
) -> None:
    wanted, other = table.embeddings[table.names.index("bm_george")], table.embeddings[table.names.index("af_bella")]
    match = matcher(Ear(wanted, other), tmp_path).match(recording, lambda sentence, style: np.ones(10, np.float32))
    assert match.shares == {"bm_george": 1.0}
    style = matcher(Ear(wanted, other), tmp_path).style(match)
    np.testing.assert_allclose(style, VoiceTable().style("bm_george"))


def test_the_whispering_voice_is_nobodys_match(table: MatchTable) -> None:
    whispering = table.embeddings[table.names.index("af_nicole")]
    name, alike = table.nearest(whispering)
    assert name != "af_nicole" and alike == pytest.approx(
        similarity(table.embeddings[table.names.index(name)], whispering)
    )


def test_a_match_is_made_once(table: MatchTable, recording: Reference, tmp_path: Path) -> None:
    wanted = table.embeddings[3]
    ear = Ear(wanted, wanted)
    first = matcher(ear, tmp_path).match(recording, lambda sentence, style: np.ones(10, np.float32))

    def never(sentence: str, style: StyleTable) -> Samples:
        raise AssertionError("spoken again")

    assert matcher(ear, tmp_path).match(recording, never) == first
    for kept in (tmp_path / "matches").iterdir():
        kept.write_text("{damaged")
    with pytest.raises(AssertionError, match="spoken again"):
        matcher(ear, tmp_path).match(recording, never)


def test_a_silent_recording_makes_no_voice(table: MatchTable, recording: Reference, tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match=r"anna\.wav is silent"):
        matcher(Ear(None, table.embeddings[0]), tmp_path).match(
            recording, lambda sentence, style: np.ones(10, np.float32)
        )


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "table.npz"
    damaged.write_bytes(b"no table")
    with pytest.raises(matching.ModelLoadError, match="damaged"):
        MatchTable(damaged)


def test_the_table_knows_the_shipped_voices(table: MatchTable) -> None:
    assert table.names == [voice.name for voice in VoiceTable().voices]


def _between(table: MatchTable, one: str, other: str) -> Embedding:
    mean = table.embeddings[table.names.index(one)] + table.embeddings[table.names.index(other)]
    return mean / np.linalg.norm(mean)
