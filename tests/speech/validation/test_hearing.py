"""Free transcripts and the loops of a decoder on a short window."""

import pytest

from speech.validation.hearing import without_loop


@pytest.mark.parametrize(
    ("transcript", "kept"),
    [
        ("Glue the sheet. Glue the sheet. Glue the sh", "Glue the sheet."),
        ("She left her umbrella again. She left her umbre", "She left her umbrella again."),
        ("while it rained. While it rained. While it", "while it rained."),
        ("He ran. She ran. He ran. She", "He ran. She ran."),
        ("Nobody came. Nobody knew.", "Nobody came. Nobody knew."),
        ("the the dog", "the the dog"),
        ("", ""),
    ],
)
def test_loops_are_removed_and_speech_is_kept(transcript: str, kept: str) -> None:
    assert without_loop(transcript) == kept
