"""Text to tokens as the package makes them, and the texts that are refused."""

from __future__ import annotations

import threading

import pytest

from exceptions import InvalidRequestError
from speech.engines.chatterbox import text_tokens as module
from speech.engines.chatterbox.text_tokens import languages, missing_helper, text_tokens
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox

torch = needs_chatterbox()

TEXTS = (
    "hello there",
    "  Two  spaces — and a dash; a colon: “quoted”...",
    "Is it? Yes!",
    "Ünïcode and 数字",
    "a",
)


@pytest.mark.parametrize("text", TEXTS)
def test_english_tokens_are_those_of_the_package(tiny_chatterbox: TinyChatterbox, text: str) -> None:
    from chatterbox.tts import punc_norm

    theirs = tiny_chatterbox.upstream("english").tokenizer.text_to_tokens(punc_norm(text))
    theirs = torch.nn.functional.pad(torch.nn.functional.pad(theirs, (1, 0), value=255), (0, 1), value=0)
    ours = text_tokens(tiny_chatterbox.model("english"), text)
    assert torch.equal(ours, theirs.long())
    assert ours.dtype == torch.long


@pytest.mark.parametrize("name", ["turbo", "nano"])
@pytest.mark.parametrize("text", [*TEXTS, "Well [laugh] that is [clear throat] new."])
def test_turbo_tokens_are_those_of_the_package(tiny_chatterbox: TinyChatterbox, name: str, text: str) -> None:
    from chatterbox.tts_turbo import punc_norm

    tokenizer = tiny_chatterbox.upstream(name).tokenizer
    theirs = tokenizer(punc_norm(text), return_tensors="pt", padding=True, truncation=True).input_ids
    ours = text_tokens(tiny_chatterbox.model(name), text)
    assert torch.equal(ours, theirs)
    assert (50257 + 18 in ours[0].tolist()) == ("[laugh]" in text)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", TEXTS[1]), ("de", "Schöne Grüße"), ("zh", "你好 日曰 hi"), ("ko", "안녕 하세요"), ("FR", "Où est-ce ?")],
)
def test_multilingual_tokens_are_those_of_the_package(
    tiny_chatterbox: TinyChatterbox, language: str, text: str
) -> None:
    from chatterbox.mtl_tts import punc_norm

    upstream = tiny_chatterbox.upstream("multilingual")
    theirs = upstream.tokenizer.text_to_tokens(punc_norm(text), language_id=language.lower())
    theirs = torch.nn.functional.pad(torch.nn.functional.pad(theirs, (1, 0), value=255), (0, 1), value=0)
    assert torch.equal(text_tokens(tiny_chatterbox.model("multilingual"), text, language), theirs.long())


def test_chinese_uses_the_checkpoints_own_table(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("multilingual")
    vocabulary = model.tokenizer.tokenizer.get_vocab()
    ids = text_tokens(model, "日", "zh")[0].tolist()
    assert ids == [255, *(vocabulary[token] for token in ("[zh]", "[cj_a]", "[cj_.]", ".")), 0]


@pytest.mark.parametrize("text", ["", "   ", "...", "?! —", "🙂"])
@pytest.mark.parametrize("name", ["english", "multilingual", "turbo"])
def test_nothing_to_speak_is_refused(tiny_chatterbox: TinyChatterbox, name: str, text: str) -> None:
    """The package would say "You need to add some text for me to talk", or make noise."""
    with pytest.raises(InvalidRequestError, match="no letter and no digit") as caught:
        text_tokens(tiny_chatterbox.model(name), text)
    assert caught.value.field == "text"


@pytest.mark.parametrize(("name", "longest"), [("english", 2048), ("turbo", 1024)])
def test_text_is_refused_instead_of_cut(tiny_chatterbox: TinyChatterbox, name: str, longest: int) -> None:
    model = tiny_chatterbox.model(name)
    text = "A" + "b" * (longest - 2)
    ids = text_tokens(model, text)
    assert ids.shape[1] == longest + (2 if name == "english" else 0)
    with pytest.raises(InvalidRequestError, match=f"at most {longest}"):
        text_tokens(model, text + "b")


def test_longest_text_is_one_that_the_model_reads(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    ids = text_tokens(model, "A" + "b" * 2046)
    assert model.t3.text_pos_emb(ids).shape[0] == ids.shape[1] == 2050


def test_unknown_language_is_refused_by_name(tiny_chatterbox: TinyChatterbox) -> None:
    with pytest.raises(InvalidRequestError, match="does not speak 'xx'; it speaks ar, da") as caught:
        text_tokens(tiny_chatterbox.model("multilingual"), "hello", "xx")
    assert caught.value.field == "language"
    assert len(languages()) == 23


def test_helper_of_a_language_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELPERS", {"ja": "no_such_package", "zh": "torch"})
    assert [missing_helper(code) for code in ("ja", "zh", "de")] == ["no_such_package", None, None]


@pytest.mark.parametrize("name", ["turbo", "english"])
def test_threads_read_at_once(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    model = tiny_chatterbox.model(name)
    texts = [("word " * count).strip() for count in range(1, 9)]
    expected = [text_tokens(model, text).tolist() for text in texts]
    failures: list[object] = []

    def work() -> None:
        for _ in range(30):
            try:
                if [text_tokens(model, text).tolist() for text in texts] != expected:
                    failures.append("other tokens")
            except RuntimeError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
