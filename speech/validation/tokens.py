"""Whisper's tokenizer as its model folder carries it, repaired where a packaged copy is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exceptions import ModelLoadError
from speech.validation.backend import Tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FIRST_MERGE = ("Ġ", "t")
"""First line of GPT-2's merge list, on which all of Whisper's vocabularies are built: space and t."""


class WhisperTokenizer:
    """Text to tokens and back for one model.

    Args:
        path: ``tokenizer.json`` of the model.

    Raises:
        ModelLoadError: the file is missing, unreadable or cuts common words apart even after repair.
    """

    def __init__(self, path: Path) -> None:
        try:
            description = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ModelLoadError(f"The tokenizer of the Whisper model cannot be read: {path.name}.") from error
        self._tokenizer = _build(repair_merges(description))
        if len(self.tokenize(" the").ids) != 1:
            raise ModelLoadError("The tokenizer of the Whisper model is damaged: it cuts the word 'the' into pieces.")

    def tokenize(self, text: str) -> Tokens:
        """Tokens of `text` with the characters each of them covers."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return Tokens(tuple(encoding.ids), tuple((start, end) for start, end in encoding.offsets))

    def text(self, ids: list[int]) -> str:
        """Text of `ids`; control tokens are left out."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

    def control(self, name: str) -> int | None:
        """Number of a control token such as ``<|en|>``; ``None`` if the model lacks it."""
        number = self._tokenizer.token_to_id(name)
        return None if number is None else int(number)


def repair_merges(description: dict[str, Any]) -> dict[str, Any]:
    """The tokenizer with its first merge put back where a conversion has lost it.

    Converters that take the merge list's first line for a header drop the merge of a space and "t". Free
    decoding never encodes text and hides the loss; in forced scoring every word that begins with t would
    be spelled in tokens that the model never says.
    """
    model = description.get("model", {})
    merges = model.get("merges", [])
    joined = "".join(FIRST_MERGE)
    if not merges or joined not in model.get("vocab", {}):
        return description
    if _pair(merges[0]) == FIRST_MERGE or any(_pair(merge) == FIRST_MERGE for merge in merges):
        return description
    first: str | list[str] = " ".join(FIRST_MERGE) if isinstance(merges[0], str) else list(FIRST_MERGE)
    return {**description, "model": {**model, "merges": [first, *merges]}}


def _pair(merge: str | list[str]) -> tuple[str, ...]:
    return tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge)


def _build(description: dict[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_str(json.dumps(description))
    # The library raises Exception itself for whatever is malformed.
    except Exception as error:
        raise ModelLoadError("The tokenizer of the Whisper model is malformed.") from error
