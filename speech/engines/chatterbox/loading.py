"""Building the package's networks from a checkpoint folder, without its stateful speech objects."""

from __future__ import annotations

import importlib.util
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from exceptions import ModelLoadError
from speech.engines.chatterbox import compat
from speech.engines.chatterbox.checkpoints import CANGJIE, CONDITIONALS, Checkpoint, Family, checkpoint
from speech.engines.chatterbox.conditionals import Conditionals, load_conditionals
from speech.engines.chatterbox.tensors import Module
from speech.weights import file_sha256

TURBO_TEXT_TOKENS: Final = 50276
"""Text vocabulary of Turbo and Nano: GPT-2's and 19 tags (the package's ``tts_turbo.py``)."""

_BACKBONES: Final = {"turbo": "GPT2_medium", "nano": "GPT2_small"}


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint's networks on a device, in evaluation mode and float32; nothing in it changes with use.

    Attributes:
        checkpoint: which released model it is.
        t3: ``T3`` network from text to speech tokens; ``None`` for voice conversion.
        s3gen: ``S3Gen`` networks from speech tokens to sound; its tokenizer makes speech tokens of sound.
        voice_encoder: ``VoiceEncoder`` network; ``None`` for voice conversion.
        tokenizer: of text; ``None`` for voice conversion.
        builtin: conditionals of the built-in voice, if the folder has one.
        device: torch's name of the device.
    """

    checkpoint: Checkpoint
    t3: Module
    s3gen: Module
    voice_encoder: Module
    tokenizer: Any
    builtin: Conditionals | None
    device: str

    @property
    def family(self) -> Family:
        """Which classes of the package it consists of."""
        return self.checkpoint.family


def load(name: str, folder: Path, device: str) -> LoadedModel:
    """Load a checkpoint.

    Args:
        name: key of `CHECKPOINTS`.
        folder: holds the checkpoint's files.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps`` ...

    Raises:
        ModelLoadError: packages or files are missing or damaged.
    """
    compat.prepare()
    wanted = checkpoint(name)
    _check_files(wanted, folder)
    with compat.known_warnings():
        s3gen = _load_s3gen(wanted, folder).to(device).eval()
        voice_encoder, t3, tokenizer = _load_speaking(wanted, folder, device) if wanted.t3 else (None, None, None)
    builtin = None
    if (voice := folder / CONDITIONALS).is_file():
        builtin = load_conditionals(voice, file_sha256(voice), device)
    return LoadedModel(wanted, t3, s3gen, voice_encoder, tokenizer, builtin, device)


def with_renderer(model: LoadedModel, other: Checkpoint, folder: Path) -> LoadedModel:
    """`model` with the S3Gen of another checkpoint; both speak the same speech tokens.

    Raises:
        ModelLoadError: packages or files are missing or damaged.
    """
    with compat.known_warnings():
        s3gen = _load_s3gen(other, folder).to(model.device).eval()
    # The tokenizer and the speaker encoder in it make the voice: those stay the model's own.
    s3gen.tokenizer, s3gen.speaker_encoder = model.s3gen.tokenizer, model.s3gen.speaker_encoder
    return replace(model, s3gen=s3gen)


def _load_speaking(wanted: Checkpoint, folder: Path, device: str) -> tuple[Module, Module, Any]:
    from chatterbox.models.voice_encoder import VoiceEncoder

    voice_encoder = _filled(VoiceEncoder(), folder / wanted.voice_encoder).to(device).eval()
    return voice_encoder, _load_t3(wanted, folder).to(device).eval(), _load_tokenizer(wanted, folder)


def _check_files(wanted: Checkpoint, folder: Path) -> None:
    for file in wanted.files:
        if not file.optional and not (folder / file.name).is_file():
            raise ModelLoadError(f"{file.name} of the Chatterbox model {wanted.name} is missing in its folder.")


def _load_t3(wanted: Checkpoint, folder: Path) -> Module:
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    if wanted.family not in _BACKBONES:
        config = T3Config.multilingual() if wanted.family == "multilingual" else T3Config.english_only()
        return _filled(T3(config), folder / wanted.t3)
    # The values that the package's Turbo loader sets; Nano differs in the backbone only.
    config = T3Config(text_tokens_dict_size=TURBO_TEXT_TOKENS)
    config.llama_config_name = _BACKBONES[wanted.family]
    config.speech_tokens_dict_size = 6563
    config.input_pos_emb = None
    config.speech_cond_prompt_len = 375
    config.use_perceiver_resampler = False
    config.emotion_adv = False
    t3 = _filled(T3(config), folder / wanted.t3)
    # The backbone's own word table (a tenth of the memory) is never read: inputs arrive as embeddings.
    del t3.tfmr.wte
    return t3


def _load_s3gen(wanted: Checkpoint, folder: Path) -> Module:
    from chatterbox.models.s3gen import S3Gen

    return _filled(S3Gen(meanflow=wanted.family in _BACKBONES), folder / wanted.s3gen)


def _filled(module: Module, path: Path) -> Module:
    """`module` with the weights of a file.

    Buffers may be missing in the file (released ones lack those that are computed), weights may not.
    """
    state = _read(path, _read_state)
    try:
        result = module.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ModelLoadError(
            f"{path.name} does not fit this Chatterbox model: its weights have other shapes."
        ) from error
    lacking = sorted(set(result.missing_keys) & {name for name, _ in module.named_parameters()})
    if lacking:
        raise ModelLoadError(
            f"{path.name} does not fit this Chatterbox model: {len(lacking)} weights are missing, {lacking[0]} first."
        )
    return module


def _read_state(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        state: dict[str, Any] = load_file(path)
        return state
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _read(path: Path, reader: Callable[[Path], Any]) -> Any:
    from safetensors import SafetensorError

    try:
        return reader(path)
    except (SafetensorError, pickle.UnpicklingError, OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        raise ModelLoadError(
            f"{path.name} cannot be read: it is damaged or incomplete. Remove it and download it again."
        ) from error


def _load_tokenizer(wanted: Checkpoint, folder: Path) -> Any:
    for name in wanted.text:
        if name.endswith(".json"):
            _read_json(folder / name)
    if wanted.family in _BACKBONES:
        return _gpt2_tokenizer(wanted, folder)
    vocabulary = folder / wanted.text[0]
    model = _read_json(vocabulary).get("model")
    if not isinstance(model, dict) or not {"[START]", "[STOP]"} <= set(model.get("vocab", ())):
        raise ModelLoadError(f"{vocabulary.name} is not the vocabulary of a Chatterbox model.")
    if wanted.family == "multilingual":
        return _multilingual_tokenizer(vocabulary)
    from chatterbox.models.tokenizers import EnTokenizer

    return EnTokenizer(str(vocabulary))


def _gpt2_tokenizer(wanted: Checkpoint, folder: Path) -> Any:
    from transformers import AutoTokenizer

    tokenizer = _read(folder, lambda path: AutoTokenizer.from_pretrained(path, local_files_only=True))
    if len(tokenizer) != TURBO_TEXT_TOKENS:
        raise ModelLoadError(
            f"The text tokenizer of the Chatterbox model {wanted.name} has {len(tokenizer)} tokens instead of "
            f"{TURBO_TEXT_TOKENS}: one of its files is missing or of another model."
        )
    return tokenizer


def _multilingual_tokenizer(vocabulary: Path) -> Any:
    """The package's tokenizer with the checkpoint's own table for Chinese.

    Its constructor would download the table, and a model for Chinese word borders, unasked.
    """
    from chatterbox.models.tokenizers.tokenizer import ChineseCangjieConverter, MTLTokenizer
    from tokenizers import Tokenizer

    converter = ChineseCangjieConverter.__new__(ChineseCangjieConverter)
    converter.word2cj, converter.cj2word, converter.segmenter = {}, {}, None
    table = vocabulary.parent / CANGJIE
    for entry in _read_json(table) if table.is_file() else ():
        word, code = entry.split("\t")[:2]
        converter.word2cj[word] = code
        converter.cj2word.setdefault(code, []).append(word)
    # Who installed the word borders' package wants them, and pays for its download.
    if importlib.util.find_spec("spacy_pkuseg") is not None:
        converter._init_segmenter()
    tokenizer = MTLTokenizer.__new__(MTLTokenizer)
    tokenizer.tokenizer = Tokenizer.from_file(str(vocabulary))
    tokenizer.cangjie_converter = converter
    return tokenizer


def _read_json(path: Path) -> Any:
    return _read(path, lambda file: json.loads(file.read_text(encoding="utf-8")))
