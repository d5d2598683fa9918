"""From the recogniser's rows and the dictionary's symbols to one alphabet of phones."""

from pathlib import Path

import numpy as np
import pytest

from exceptions import ModelLoadError
from speech.validation.phones.alphabet import class_phones, dictionary_phones, heard_phone, phone_places, phones
from speech.validation.phones.expected import ExpectedPhones, ExpectedWord, spellings
from speech.validation.phones.heard import Heard, heard_in, joined, unheard
from speech.validation.phones.listener import PhoneListener
from speech.validation.phones.listening import follow, hear_phones
from speech.validation.phones.network import SAMPLE_RATE
from speech.weights import WeightStore
from speech.weights_catalogue import PHONES
from tests.speech.validation.phones.test_phone_weights import CONTENT

BLANK = "blank"


def rows(*frames: dict[str, float]) -> np.ndarray:
    """Log-probabilities in which these phones have these probabilities; the rest is the blank's."""
    names = class_phones()
    found = np.full((len(frames), len(names)), 1e-9)
    for row, frame in zip(found, frames, strict=True):
        for phone, probability in frame.items():
            row[names.index(phone)] = probability
        row[-1] = max(1e-9, 1 - sum(frame.values()))
    return np.log(found).astype(np.float32)


def clear(*said: str) -> np.ndarray:
    return rows(*({} if phone == BLANK else {phone: 0.99} for phone in said))


def test_equal_neighbours_are_one_sound_unless_a_blank_parts_them() -> None:
    heard = heard_in(clear(BLANK, "t", "t", BLANK, "t", "s", BLANK), start=1.0)

    assert heard.names() == ("t", "t", "s")
    assert heard.at == pytest.approx([1.02, 1.08, 1.10])
    np.testing.assert_allclose(heard.presence, 0.99, atol=1e-3)


def test_faint_sounds_are_kept_with_their_doubts() -> None:
    heard = heard_in(rows({"t": 0.2, "d": 0.1}, {}, {"s": 0.01}))

    assert heard.presence == pytest.approx([0.3], abs=1e-3)
    assert heard.phones[0, phone_places()["t"]] == pytest.approx(2 / 3, abs=1e-3)
    assert heard.names() == ()


def test_no_rows_are_no_sounds() -> None:
    assert len(heard_in(clear())) == 0
    assert len(heard_in(clear(BLANK, BLANK))) == 0


def test_marks_tones_and_controls_have_no_phone() -> None:
    assert heard_phone("<pad>") == heard_phone("ˈ") == heard_phone("ː") == heard_phone("5") == ""
    assert heard_phone("g") == "ɡ"
    assert heard_phone("oʊ") == "oʊ"


def test_the_dictionarys_symbols_become_phones_that_correct_speech_has_shown() -> None:
    assert dictionary_phones("hˈAndʒ") == ("h", "eɪ", "n", "d", "ʒ")
    assert dictionary_phones("ʧˈɜɹʧ") == ("t͡ʃ", "ɝ", "t͡ʃ")
    text = "The quick brown fox jumps over the lazy dog while a joyful choir measures thirty worthy songs."
    assert all(phone in phones() for word in ExpectedPhones().words(text) for p in word.pronunciations for phone in p)


def test_every_word_of_a_text_is_expected() -> None:
    words = ExpectedPhones().words("One night, the cats' choir sang.")

    assert [word.text for word in words] == ["One", "night", "the", "cats", "choir", "sang"]
    assert all(word.pronunciations for word in words)


def test_words_that_the_recogniser_spells_oddly_have_both_pronunciations() -> None:
    odd = next(word for word in spellings() if word.isascii() and len(word) > 3)
    (word,) = ExpectedPhones().words(odd)

    assert spellings()[odd] in word.pronunciations
    assert len(word.pronunciations) == 2


def test_wh_may_be_breathed() -> None:
    why, who = ExpectedPhones().words("Why who")

    assert why.pronunciations == (("w", "aɪ"), ("h", "w", "aɪ"))
    assert ("h", "w", "u") not in who.pronunciations


def test_a_text_without_words_expects_nothing() -> None:
    assert ExpectedPhones().words("…") == ()


class Stuck:
    """A network that hums through every stretch with a loud sample in it, and else hears "t" each quarter second."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def log_probabilities(self, samples: np.ndarray) -> np.ndarray:
        self.lengths.append(len(samples))
        frames = len(samples) // 320
        if np.abs(samples).max() > 0.5:
            return clear(*(["m", BLANK] * (frames // 2)))
        return clear(*("t" if frame % 12 == 0 else BLANK for frame in range(frames)))


def test_where_it_gets_stuck_it_hears_the_halves_by_themselves() -> None:
    samples = np.full(4 * SAMPLE_RATE, 0.1, np.float32)
    samples[int(3.5 * SAMPLE_RATE)] = 1.0
    network = Stuck()
    heard = hear_phones(network, samples, start=10.0)  # type: ignore[arg-type]

    assert min(network.lengths) > 0.2 * SAMPLE_RATE
    assert heard.unknown.any()
    assert set(heard.names()) == {"t"}
    assert 10.0 <= heard.at.min() < heard.at[heard.unknown].min() < 13.6
    assert heard.at[heard.unknown].max() - heard.at[heard.unknown].min() < 1.0
    assert (np.diff(heard.at) > 0).all()


def test_where_nothing_was_heard_there_is_no_opinion() -> None:
    words = [ExpectedWord("at", (("æ", "t"),))]
    at = heard_in(clear("æ", BLANK, "t"))

    assert heard_in(clear("m", "ə", "m", "ə", "m")).is_stuck
    assert not at.is_stuck
    assert follow(words, joined(())) is None
    assert follow(words, unheard(1.0)) is None
    assert follow([], at) is None
    assert follow(words, at) is not None


def test_missing_weights_are_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    store = WeightStore(tmp_path, allow_hub=False)
    listener = PhoneListener(lambda report: store.path(PHONES, report))

    with pytest.raises(ModelLoadError, match=r"asr_waveform\.hama"):
        listener.load()


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.hama"
    path.write_bytes(CONTENT)

    with pytest.raises(ModelLoadError, match="not those of the known network"):
        PhoneListener(lambda _: path).load()


def test_the_listener_loads_once_and_again_after_it_was_freed(tmp_path: Path) -> None:
    store = WeightStore(tmp_path, allow_hub=False)
    asked: list[int] = []

    def weights(report: object) -> Path:
        asked.append(1)
        return store.path(PHONES)

    listener = PhoneListener(weights)
    listener.load()
    listener.load()
    assert len(asked) == 1
    assert isinstance(listener.listen(np.zeros(16_000, np.float32), [(0.0, 0.5), (0.5, 1.0)]), Heard)
    listener.unload()
    listener.load()
    assert len(asked) == 2


@pytest.mark.parametrize(("language", "known"), [("en-GB", True), ("en", True), ("de", False), ("ko", False)])
def test_it_is_asked_about_english_only(tmp_path: Path, language: str, known: bool) -> None:
    assert PhoneListener(lambda _: tmp_path).knows(language) is known
