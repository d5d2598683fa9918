import pytest

from speech.captions.breaks import BOUND, CLAUSE, INSIDE, PLAIN, SENTENCE, WEAK, break_cost, ends_sentence


@pytest.mark.parametrize(
    ("left", "right", "over"),
    [
        ("harbor.", "The", True),
        ("really?”", "She", True),
        ("cold!", "2024", True),
        ("“What?”", "he", False),
        ("well…", "maybe", False),
        ("Dr.", "Smith", False),
        ("J.", "Smith", False),
        ("no.", "Then", True),
        ("No.", "5", False),
        ("etc.", "and", False),
        ("p.m.", "Then", True),
        ("p.m.", "and", False),
        ("harbor,", "The", False),
        ("harbor", "The", False),
        ("。", "猫", True),
        ("البحر؟", "قال", True),
        ("है।", "वह", True),
        ("end", None, True),
    ],
)
def test_sentence_ends_are_told_from_abbreviations(left: str, right: str | None, over: bool) -> None:
    assert ends_sentence(left, right) is over


def test_a_chunk_ends_a_sentence_unless_its_sign_says_otherwise() -> None:
    assert ends_sentence("One", "It", chunk_ends=True)
    assert ends_sentence("Dr.", "Smith", chunk_ends=True)
    assert not ends_sentence("rain,", "and", chunk_ends=True)
    assert not ends_sentence("rain", "and", chunk_ends=True)


def test_breaks_are_ranked() -> None:
    ranked = [
        ("end.", "The"), ("harbor,", "where"), ("word)", "more"), ("cold", "and"), ("stood", "in"), ("old", "house"),
        ("John", "Smith"), ("the", "old"), ("Dr.", "Smith"),
    ]  # fmt: skip
    costs = [break_cost(left, right) for left, right in ranked]
    assert costs == sorted(set(costs))
    assert (costs[0], costs[1], costs[-1]) == (SENTENCE, CLAUSE, BOUND)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("5", "kg"), ("3", "million"), ("7:45", "p.m."), ("12", "dollars"), ("March", "3"), ("Chapter", "5"),
        ("J.", "Smith"), ("Prof.", "Li"), ("p.", "12"), ("$", "5"), ("50", "%"), ("St.", "John"),
    ],
)  # fmt: skip
def test_what_belongs_together_is_bound(left: str, right: str) -> None:
    assert break_cost(left, right) == BOUND


@pytest.mark.parametrize(("left", "right"), [("1999", "and"), ("In", "1999"), ("old", "house")])
def test_what_does_not_is_free(left: str, right: str) -> None:
    assert break_cost(left, right) <= WEAK


@pytest.mark.parametrize(
    ("left", "right", "cost"),
    [
        ("東", "京", PLAIN), ("だ。", "彼", SENTENCE), ("が、", "彼", CLAUSE), ("ニ", "ャ", BOUND), ("A", "B", INSIDE),
        ("「", "は", BOUND),
    ],
)  # fmt: skip
def test_between_characters(left: str, right: str, cost: float) -> None:
    assert break_cost(left, right, space=False) == cost


def test_a_chunk_end_is_no_worse_than_a_clause() -> None:
    assert break_cost("the", "old", chunk_ends=True) == CLAUSE
