"""Captions: the words of a result, cut into cues of one or two lines, and the files that hold them."""

from speech.captions.cues import Cue, make_cues
from speech.captions.files import to_json, to_srt, to_vtt
from speech.captions.words import CaptionWord, caption_words, heard_words, spread_words

__all__ = [
    "CaptionWord",
    "Cue",
    "caption_words",
    "heard_words",
    "make_cues",
    "spread_words",
    "to_json",
    "to_srt",
    "to_vtt",
]
