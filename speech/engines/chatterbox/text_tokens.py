"""From a chunk's text to the text tokens that T3 reads, as the package makes them."""

from __future__ import annotations

import importlib.util
from typing import Final

from exceptions import InvalidRequestError
from speech.engines.chatterbox import compat
from speech.engines.chatterbox.loading import LoadedModel
from speech.engines.chatterbox.tensors import Tensor

MAX_TEXT_TOKENS: Final = {"english": 2048, "multilingual": 2048, "turbo": 1024, "nano": 1024}
"""Most tokens of a text without start and stop.

For English and multilingual the size of the position table less two; for Turbo and Nano the length of GPT-2, at
which the package would cut the text off without a word.
"""

HELPERS: Final = {"he": "dicta_onnx", "ja": "pykakasi", "ru": "russian_text_stresser", "zh": "spacy_pkuseg"}
"""Packages by which the multilingual tokenizer reads a language as its authors trained it."""


def text_tokens(model: LoadedModel, text: str, language: str = "en") -> Tensor:
    """The tokens of a text, int64 of shape (1, n), on the model's device.

    English and multilingual tokens carry start and stop, Turbo's and Nano's have none. A very short text is
    fine here; with up to 5 tokens the package's alignment analyser (multilingual, release 0.1.7) fails on it.

    Args:
        model: whose tokenizer is asked.
        text: of one chunk.
        language: two-letter code, used by the multilingual model only.

    Raises:
        InvalidRequestError: nothing to speak, too long, or a language that the model does not know.
    """
    import torch

    if not any(character.isalnum() for character in text):
        raise InvalidRequestError("The text has no letter and no digit to speak.", field="text")
    ids = _identifiers(model, text, language)
    longest = MAX_TEXT_TOKENS[model.family]
    if len(ids) > longest:
        raise InvalidRequestError(
            f"The chunk of {len(text)} characters has {len(ids)} text tokens; Chatterbox {model.family} reads at most "
            f"{longest}.",
            field="text",
        )
    if model.family in ("english", "multilingual"):
        ids = [model.t3.hp.start_text_token, *ids, model.t3.hp.stop_text_token]
    return torch.tensor([ids], dtype=torch.long, device=model.device)


def languages() -> tuple[str, ...]:
    """Two-letter codes that the multilingual model knows; imports the package.

    Raises:
        ModelLoadError: it is not installed.
    """
    compat.prepare()
    from chatterbox.mtl_tts import SUPPORTED_LANGUAGES

    return tuple(SUPPORTED_LANGUAGES)


def missing_helper(language: str) -> str | None:
    """The package without which the multilingual model reads `language` worse than its authors' demo does."""
    helper = HELPERS.get(language)
    return helper if helper is not None and importlib.util.find_spec(helper) is None else None


def _identifiers(model: LoadedModel, text: str, language: str) -> list[int]:
    ids: list[int]
    if model.family == "english":
        from chatterbox.tts import punc_norm

        ids = model.tokenizer.encode(punc_norm(text))
    elif model.family == "multilingual":
        from chatterbox.mtl_tts import punc_norm

        if language.lower() not in languages():
            raise InvalidRequestError(
                f"Chatterbox multilingual does not speak {language!r}; it speaks {', '.join(languages())}.",
                field="language",
            )
        ids = model.tokenizer.encode(punc_norm(text), language_id=language.lower())
    else:
        from chatterbox.tts_turbo import punc_norm

        # Asked for padding or truncation, the tokenizer changes itself during the call, which threads must not.
        ids = model.tokenizer(punc_norm(text)).input_ids
    return ids
