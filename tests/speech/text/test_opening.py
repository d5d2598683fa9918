from hypothesis import given
from hypothesis import strategies as st

from speech.text.chunks import Piece, split_chunks
from speech.text.opening import GROWTH, OPENING, SHORTEST, cut_opening

LONG = "When the sun had set, and the boats were back, the keeper of the lighthouse climbed the stairs; it was cold."


def cut(text: str, said: int = 0) -> list[str]:
    return [piece.text for piece in cut_opening([Piece(text, "paragraph")], said)]


def test_a_long_first_sentence_is_cut_at_its_last_clause_in_reach() -> None:
    assert cut(LONG) == [
        "When the sun had set, and the boats were back,",
        "the keeper of the lighthouse climbed the stairs; it was cold.",
    ]


def test_stronger_marks_win() -> None:
    text = "It was very cold there; the boats, all of them, were back in the harbour before the night came down."
    assert cut(text)[0] == "It was very cold there;"


def test_short_sentences_and_those_without_clauses_stay() -> None:
    plain = "the keeper of the lighthouse climbed the stairs while all of the boats were going back to the harbour"
    assert cut(plain) == [plain]
    assert cut("The birch canoe slid, then sank.") == ["The birch canoe slid, then sank."]
    assert cut("Oh, " + plain) == ["Oh, " + plain]


def test_after_enough_was_said_nothing_is_cut() -> None:
    assert cut(LONG, said=len(LONG)) == [LONG]


def test_the_last_part_keeps_what_the_piece_ended_with() -> None:
    assert [piece.ends for piece in cut_opening([Piece(LONG, "sentence")])] == ["clause", "sentence"]


@given(st.text(alphabet="ab,;:. \n—…", max_size=400), st.integers(0, 200))
def test_no_text_is_lost(text: str, said: int) -> None:
    pieces = split_chunks(text, language="en", limit=300, batch=True)
    opened = list(cut_opening(pieces, said))
    assert _bare(opened) == _bare(pieces)
    for piece in opened:
        assert len(piece.text) >= SHORTEST - 1 or piece in pieces
        assert piece.ends != "clause" or piece in pieces or len(piece.text) <= max(OPENING, GROWTH * (said + 400))


def _bare(pieces: list[Piece]) -> str:
    return "".join("".join(piece.text for piece in pieces).split())
