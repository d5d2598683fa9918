"""What Whisper and the phones say of the same words together."""

import pytest

from speech.validation.evidence import word_evidence
from speech.validation.forced import ScoredWord
from speech.validation.phones.alignment import Alignment, align
from speech.validation.phones.costs import learnt_costs
from speech.validation.phones.heard import Heard, joined, unheard
from tests.speech.validation.phones.test_phone_alignment import sounds

COSTS = learnt_costs()
SAID = {"seven": ("s", "ɛ", "v", "ə", "n"), "big": ("b", "ɪ", "ɡ"), "tables": ("t", "eɪ", "b", "ə", "l", "z")}


def scored(**log_probabilities: float) -> list[ScoredWord]:
    return [ScoredWord(name, 0.0, 0.1, value, value) for name, value in log_probabilities.items()]


def clearly(*phones: str) -> Heard:
    return sounds(*((phone, 0.99) for phone in phones))


def heard(*names: str) -> Alignment:
    phones = tuple(phone for name in names for phone in SAID[name])
    return align([[SAID["seven"]], [SAID["big"]], [SAID["tables"]]], clearly(*phones), COSTS)


GOOD = scored(seven=-0.1, big=-0.1, tables=-0.1)
DOUBTED = scored(seven=-0.1, big=-6.0, tables=-0.1)
RIGHT = heard("seven", "big", "tables")
WITHOUT_BIG = heard("seven", "tables")


def test_a_missing_word_counts_most_where_both_miss_it() -> None:
    both = word_evidence(DOUBTED, WITHOUT_BIG, COSTS)
    whisper_alone = word_evidence(DOUBTED, RIGHT, COSTS)
    phones_alone = word_evidence(GOOD, WITHOUT_BIG, COSTS)

    assert both["gone"] > max(whisper_alone["gone"], phones_alone["gone"]) + 3
    assert both["gone_both"] > 3 > max(whisper_alone["gone_both"], phones_alone["gone_both"])
    assert both["phone_lost"] == 3


def test_an_added_word_weighs_more_beside_a_doubted_one() -> None:
    added = heard("seven", "tables", "big", "tables")

    assert word_evidence(GOOD, added, COSTS)["added"] > 8
    assert word_evidence(GOOD, RIGHT, COSTS)["added"] == 0
    assert word_evidence(DOUBTED, added, COSTS)["added_near"] > word_evidence(GOOD, added, COSTS)["added_near"] + 3


def test_a_short_opening_counts_only_by_itself() -> None:
    opening = [ScoredWord("A", 0, 0.1, -7.0, -7.0), *scored(big=-0.1, tables=-0.1)]
    found = align([[("ə",)], [SAID["big"]], [SAID["tables"]]], clearly(*SAID["big"], *SAID["tables"]), COSTS)

    measures = word_evidence(opening, found, COSTS)

    assert measures["word"] < 3
    assert measures["opening_gone"] > -1


def test_a_word_that_could_not_be_heard_is_left_to_whisper() -> None:
    parts = clearly(*SAID["seven"]), unheard(0.3), clearly(*SAID["tables"])
    found = align([[SAID["seven"]], [SAID["big"]], [SAID["tables"]]], joined(parts), COSTS)

    assert found.words[1].unknown
    assert word_evidence(GOOD, found, COSTS)["gone"] == pytest.approx(
        word_evidence(GOOD, RIGHT, COSTS)["gone"], abs=0.5
    )
    assert word_evidence(DOUBTED, found, COSTS)["gone"] == pytest.approx(6.0, abs=0.5)


@pytest.mark.parametrize("found", [None, align([[SAID["big"]]], clearly(*SAID["big"]), COSTS)])
def test_without_the_phones_of_these_words_whisper_speaks_alone(found: Alignment | None) -> None:
    assert word_evidence(DOUBTED, found, COSTS) == {"word": 6.0, "gone": 6.0}
