"""Aligning heard with expected phones: the cheapest way, word by word."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.validation.phones.alignment import NOBODY, Alignment, align
from speech.validation.phones.alphabet import phone_places, phones
from speech.validation.phones.costs import UNSEEN, Phones, learnt_costs, read_costs
from speech.validation.phones.heard import Heard, joined, unheard

NAMES = ("b", "d", "s", "z")
COSTS = read_costs(
    {
        "swapped": {
            one: {other: 0.1 + 0.05 * i if one == other else 2.5 + 0.4 * j for j, other in enumerate(NAMES)}
            for i, one in enumerate(NAMES)
        },
        "missed": {name: 3.0 + 0.3 * i for i, name in enumerate(NAMES)},
        "added": {name: 2.0 + 0.7 * i for i, name in enumerate(NAMES)},
    }
)


def sounds(*said: tuple[str, float]) -> Heard:
    """Sounds that are one phone each, with the probability that they are there."""
    table = np.zeros((len(said), len(phones())))
    for row, (name, _) in enumerate(said):
        table[row, phone_places()[name]] = 1.0
    presence = np.array([presence for _, presence in said])
    return Heard(presence, table, np.arange(len(said)) * 0.1, np.zeros(len(said), bool))


heard_sounds = st.lists(st.tuples(st.sampled_from([*NAMES, "ŋ"]), st.floats(0.05, 0.999)), max_size=7).map(
    lambda said: sounds(*said)
)
pronunciation = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)
words = st.lists(st.lists(pronunciation, min_size=1, max_size=2), min_size=1, max_size=4)


def least(expected: Phones, heard: Heard) -> float:
    """Plain edit distance with the same costs."""
    as_nothing = -np.log(1 - heard.presence + heard.presence * (heard.phones @ COSTS.added))
    as_phone = -np.log(heard.presence * (COSTS.swapped @ heard.phones.T))
    rows = np.zeros((len(expected) + 1, len(heard) + 1))
    for i, j in itertools.product(range(len(expected) + 1), range(len(heard) + 1)):
        ways = []
        if i:
            ways.append(rows[i - 1, j] - np.log(COSTS.missed[COSTS.places(expected)[i - 1]]))
        if j:
            ways.append(rows[i, j - 1] + as_nothing[j - 1])
        if i and j:
            ways.append(rows[i - 1, j - 1] + as_phone[COSTS.places(expected)[i - 1], j - 1])
        rows[i, j] = min(ways, default=0.0)
    return float(rows[-1, -1])


def cheapest(text: Sequence[Sequence[Phones]], heard: Heard) -> float:
    return min(least(tuple(itertools.chain(*choice)), heard) for choice in itertools.product(*text))


@given(words, heard_sounds)
def test_the_alignment_is_the_cheapest_and_its_parts_add_up(text: list[list[Phones]], heard: Heard) -> None:
    found = align(text, heard, COSTS)

    assert found.cost == pytest.approx(cheapest(text, heard))
    assert sum(word.cost for word in found.words) + found.added.sum() == pytest.approx(found.cost)


@given(words, heard_sounds)
def test_words_own_their_sounds_in_order(text: list[list[Phones]], heard: Heard) -> None:
    found = align(text, heard, COSTS)

    assert all(word.phones in choices for word, choices in zip(found.words, text, strict=True))
    owned = found.owners[found.owners != NOBODY].tolist()
    assert owned == sorted(owned)
    for number, word in enumerate(found.words):
        assert owned.count(number) + word.missed == len(word.phones)


@given(words, heard_sounds)
def test_leaving_a_word_out_is_priced_right(text: list[list[Phones]], heard: Heard) -> None:
    found = align(text, heard, COSTS)

    for number, word in enumerate(found.words):
        others = text[:number] + text[number + 1 :]
        assert word.without == pytest.approx(found.cost - cheapest(others, heard))


@given(words, heard_sounds)
def test_no_added_phone_is_lost_among_the_runs(text: list[list[Phones]], heard: Heard) -> None:
    found = align(text, heard, COSTS)

    assert sum(cost for cost, _ in found.added_runs()) == pytest.approx(found.added.sum())


def spoken(text: str, heard: str) -> Alignment:
    return align([[tuple(word)] for word in text.split()], sounds(*((name, 0.99) for name in heard)), COSTS)


def test_a_missing_word_fits_better_without() -> None:
    assert spoken("bd sz db", "bddb").words[1].without > 5
    assert spoken("bd sz db", "bdszdb").words[1].without < -3
    assert spoken("bd sz db", "bddb").words[1].missed == 2


def test_a_faint_sound_speaks_for_its_word() -> None:
    gone = spoken("bd s db", "bddb").words[1].without
    faint = align(
        [[("b", "d")], [("s",)], [("d", "b")]],
        sounds(("b", 0.99), ("d", 0.99), ("s", 0.2), ("d", 0.99), ("b", 0.99)),
        COSTS,
    )

    assert faint.words[1].without < gone - 1
    assert faint.added_runs() == []


def test_an_extra_word_is_one_run_after_its_neighbour() -> None:
    ((cost, before),) = spoken("bd db", "bdszsdb").added_runs()

    assert before == 0
    assert cost > 2 * 3.0


def test_what_was_not_heard_neither_confirms_nor_denies() -> None:
    words = [[("b", "d")], [("s", "z", "s")], [("d", "b")]]
    known = sounds(("b", 0.99), ("d", 0.99)), sounds(("d", 0.99), ("b", 0.99))
    found = align(words, joined((known[0], unheard(0.4), known[1])), COSTS)

    assert [word.unknown for word in found.words] == [False, True, False]
    assert -2 < found.words[1].without < 2
    assert sum(cost for cost, _ in found.added_runs()) < 1


def test_usual_is_the_mean_cost_of_a_good_word() -> None:
    costs = learnt_costs()

    assert 0.01 < costs.usual(("s",)) < 1.0
    assert costs.usual(("s", "t")) == pytest.approx(costs.usual(("s",)) + costs.usual(("t",)))


def test_costs_come_back_from_their_json_form() -> None:
    again = read_costs(COSTS.description())

    for name in ("swapped", "missed", "added"):
        np.testing.assert_allclose(np.log(getattr(again, name)), np.log(getattr(COSTS, name)), atol=0.006)
    assert -np.log(COSTS.swapped[phone_places()["b"], phone_places()["ŋ"]]) == pytest.approx(UNSEEN)
