from hypothesis import given
from hypothesis import strategies as st

from speech.text.sentence_feed import SentenceFeed


def test_a_sentence_is_complete_when_another_begins() -> None:
    feed = SentenceFeed()
    assert feed.add("Dr.") == []
    assert feed.add(" Smith paid $3.50. He") == ["Dr. Smith paid $3.50."]
    assert feed.add(" left.") == []
    assert feed.flush() == ["He left."]
    assert feed.flush() == []


def test_the_end_of_a_line_ends_its_sentence() -> None:
    assert SentenceFeed().add("A heading\nAnd text") == ["A heading"]


@given(st.lists(st.sampled_from(["a", "b.", " ", "\n", "Dr.", "?!", "3.5", '"', " Next"]), max_size=30))
def test_nothing_is_lost_however_it_is_cut(parts: list[str]) -> None:
    feed = SentenceFeed()
    said = [sentence for part in parts for sentence in feed.add(part)] + feed.flush()
    assert "".join("".join(said).split()) == "".join("".join(parts).split())
