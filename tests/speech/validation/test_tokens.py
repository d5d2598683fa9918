"""The tokenizer of a model folder is repaired or refused."""

import json
from pathlib import Path

import pytest

from exceptions import ModelLoadError
from speech.validation.tokens import WhisperTokenizer, repair_merges

pytest.importorskip("tokenizers")

VOCABULARY = {
    token: number for number, token in enumerate(["Ġ", "t", "h", "e", "a", "Ġt", "he", "Ġa", "Ġthe", "<|endoftext|>"])
}
MERGES = ["Ġ t", "h e", "Ġ a", "Ġt he"]


def description(merges: list[str] | list[list[str]]) -> dict[str, object]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": 9,
                "content": "<|endoftext|>",
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": VOCABULARY,
            "merges": merges,
        },
    }


def written(folder: Path, content: object) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("merges", [MERGES, MERGES[1:]])
def test_the_is_one_token_even_where_the_first_merge_is_lost(tmp_path: Path, merges: list[str]) -> None:
    tokenizer = WhisperTokenizer(written(tmp_path, description(merges)))

    tokens = tokenizer.tokenize(" the a")

    assert tokens.ids == (VOCABULARY["Ġthe"], VOCABULARY["Ġa"])
    assert tokens.spans == ((0, 4), (4, 6))
    assert tokenizer.text(list(tokens.ids)).strip() == "the a"
    assert tokenizer.control("<|endoftext|>") == 9
    assert tokenizer.control("<|none|>") is None


def test_repair_keeps_the_form_of_the_merges_and_whole_files() -> None:
    pairs = [merge.split(" ") for merge in MERGES]

    assert repair_merges(description(pairs[1:]))["model"]["merges"] == pairs
    whole = description(MERGES)
    assert repair_merges(whole) is whole
    assert repair_merges({}) == {}


def test_a_vocabulary_that_cannot_say_the_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="cuts the word 'the'"):
        WhisperTokenizer(written(tmp_path, description(["h e", "Ġ a"])))


@pytest.mark.parametrize("content", ["{", "[]", '{"model": {}}'])
def test_malformed_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)

    with pytest.raises(ModelLoadError, match="tokenizer"):
        WhisperTokenizer(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"tokenizer\.json"):
        WhisperTokenizer(tmp_path / "tokenizer.json")
