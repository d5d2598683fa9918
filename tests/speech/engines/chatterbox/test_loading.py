"""Our loader against the package's ``from_local``, and what damaged files lead to."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from exceptions import ModelLoadError
from speech.engines.chatterbox.checkpoints import CHECKPOINTS
from speech.engines.chatterbox.loading import LoadedModel, load
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, small_architectures

torch = needs_chatterbox()

SPEAKING = ("english", "multilingual", "turbo", "nano")


def assert_equal_weights(ours: Any, theirs: Any) -> None:
    mine, reference = ours.state_dict(), theirs.state_dict()
    assert mine.keys() == reference.keys()
    assert [key for key in mine if not torch.equal(mine[key], reference[key])] == []
    assert not ours.training


@pytest.mark.parametrize("name", SPEAKING)
def test_networks_are_those_of_the_package(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    ours, theirs = tiny_chatterbox.model(name), tiny_chatterbox.upstream(name)
    assert_equal_weights(ours.t3, theirs.t3)
    assert_equal_weights(ours.s3gen, theirs.s3gen)
    assert_equal_weights(ours.voice_encoder, theirs.ve)
    # The reference for Nano is the package's Turbo loader, which calls every backbone medium.
    named = {"llama_config_name": theirs.t3.hp.llama_config_name}
    assert {**vars(ours.t3.hp), **named} == vars(theirs.t3.hp)
    assert ours.t3.cfg.to_dict() == theirs.t3.cfg.to_dict()
    assert ours.s3gen.meanflow == theirs.s3gen.meanflow


def test_voice_conversion_has_the_sound_networks_only(tiny_chatterbox: TinyChatterbox) -> None:
    ours, theirs = tiny_chatterbox.model("vc"), tiny_chatterbox.upstream("vc")
    assert_equal_weights(ours.s3gen, theirs.s3gen)
    assert (ours.t3, ours.voice_encoder, ours.tokenizer) == (None, None, None)
    assert ours.builtin is not None
    assert torch.equal(ours.builtin.render.features, theirs.ref_dict["prompt_feat"])


@pytest.mark.parametrize("name", ["turbo", "nano"])
def test_unused_word_table_takes_no_memory(tiny_chatterbox: TinyChatterbox, name: str) -> None:
    assert not hasattr(tiny_chatterbox.model(name).t3.tfmr, "wte")


def test_full_nano_has_its_published_size(tiny_chatterbox: TinyChatterbox) -> None:
    """217 million weights with the word table, counted in a checkpoint that the package's repository loads."""
    tiny_chatterbox.model("nano")
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    config = T3Config(text_tokens_dict_size=50276)
    config.llama_config_name = "GPT2_small"
    config.speech_tokens_dict_size = 6563
    config.input_pos_emb = None
    config.use_perceiver_resampler = config.emotion_adv = False
    with torch.device("meta"):
        full = T3(config)
    assert round(sum(weight.numel() for weight in full.parameters()) / 1e6) == 217


@pytest.mark.parametrize("name", [*SPEAKING, "vc"])
def test_loading_does_not_touch_the_network(
    tiny_chatterbox: TinyChatterbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("asked for the network")

    folder = tiny_chatterbox.folder(name)
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("chatterbox.models.tokenizers.tokenizer.hf_hub_download", refuse)
    with small_architectures(name):
        load(name, folder, "cpu")


@pytest.fixture
def copy(tiny_chatterbox: TinyChatterbox, tmp_path: Path) -> Path:
    """A folder with the tiny English checkpoint, to be spoilt with `replace`."""
    return linked(tiny_chatterbox.folder("english"), tmp_path / "english")


def linked(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target, copy_function=os.link))


def replace(path: Path, content: bytes) -> None:
    """Write anew, instead of into the file that the session's folder shares."""
    path.unlink()
    path.write_bytes(content)


def load_english(folder: Path) -> LoadedModel:
    with small_architectures("english"):
        return load("english", folder, "cpu")


@pytest.mark.parametrize("name", [file.name for file in CHECKPOINTS["english"].files if not file.optional])
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelLoadError, match=f"^{name} .* missing"):
        load_english(copy)


@pytest.mark.parametrize("name", [file.name for file in CHECKPOINTS["english"].files])
def test_cut_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    replace(copy / name, content[: len(content) // 2])
    with pytest.raises(ModelLoadError, match=name):
        load_english(copy)


def test_weights_of_another_model_are_refused(copy: Path, tiny_chatterbox: TinyChatterbox) -> None:
    replace(copy / "t3_cfg.safetensors", (tiny_chatterbox.folder("turbo") / "t3_turbo_v1.safetensors").read_bytes())
    with pytest.raises(ModelLoadError, match=r"t3_cfg\.safetensors does not fit"):
        load_english(copy)


def test_missing_weights_are_refused_though_the_package_would_draw_them(copy: Path) -> None:
    from safetensors.torch import load_file, save

    path = copy / "s3gen.safetensors"
    state = load_file(path)
    replace(path, save({key: value for key, value in state.items() if not key.startswith("mel2wav.conv_pre")}))
    with pytest.raises(ModelLoadError, match=r"s3gen\.safetensors .* missing, mel2wav\.conv_pre"):
        load_english(copy)


def test_vocabulary_of_something_else_is_refused(copy: Path) -> None:
    replace(copy / "tokenizer.json", json.dumps({"model": {"vocab": {"a": 0}}}).encode())
    with pytest.raises(ModelLoadError, match=r"tokenizer\.json"):
        load_english(copy)


def test_tokenizer_without_its_tags_is_refused(tiny_chatterbox: TinyChatterbox, tmp_path: Path) -> None:
    folder = linked(tiny_chatterbox.folder("nano"), tmp_path / "nano")
    replace(folder / "added_tokens.json", b"{}")
    with small_architectures("nano"), pytest.raises(ModelLoadError, match="50276"):
        load("nano", folder, "cpu")


def test_checkpoint_without_a_built_in_voice_loads(copy: Path) -> None:
    (copy / "conds.pt").unlink()
    assert load_english(copy).builtin is None


def test_the_package_is_as_released_outside_the_support(tiny_chatterbox: TinyChatterbox) -> None:
    tiny_chatterbox.model("english")
    from chatterbox.models.s3gen import s3gen
    from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
    from chatterbox.models.t3.modules.perceiver import Perceiver

    assert LLAMA_CONFIGS["Llama_520M"]["hidden_size"] == 1024
    assert Perceiver.__init__.__defaults__[1] == 1024
    assert isinstance(s3gen.HiFTGenerator, type)
