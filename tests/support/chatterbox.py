"""Random Chatterbox checkpoints in the released file format, tiny ones for tests, loaded by the package and by us.

`tiny_chatterbox` is a session-wide fixture for every test file (tests/conftest.py registers it). The architectures
are shrunk by changing tables, defaults and names in the package's modules; `small_architectures` does so only
while networks are built and puts everything back, so that tests outside see the package as released.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from exceptions import ModelLoadError
from speech.engines.chatterbox import compat
from speech.engines.chatterbox.checkpoints import CHECKPOINTS
from speech.samples import Samples

if TYPE_CHECKING:
    from speech.engines.chatterbox.conditionals import Conditionals
    from speech.engines.chatterbox.loading import LoadedModel

WIDTH = 64
TAGS = (
    *("angry", "fear", "surprised", "whispering", "advertisement", "dramatic", "narration", "crying", "happy"),
    *("sarcastic", "clear throat", "sigh", "shush", "cough", "groan", "sniff", "gasp", "chuckle", "laugh"),
)
CANGJIE_ROWS = ["你\tonf", "好\tvnd", "日\ta", "曰\ta"]


def needs_chatterbox() -> Any:
    """The torch module; skips the whole test file where the Chatterbox packages are not installed."""
    try:
        compat.require()
    except ModelLoadError as error:
        pytest.skip(error.message, allow_module_level=True)
    return importlib.import_module("torch")


@contextlib.contextmanager
def small_architectures(name: str) -> Iterator[None]:
    """While this lasts, the package builds tiny networks for the checkpoint `name`."""
    compat.prepare()
    configs = importlib.import_module("chatterbox.models.t3.llama_configs").LLAMA_CONFIGS
    perceiver = importlib.import_module("chatterbox.models.t3.modules.perceiver").Perceiver
    tokenizer = importlib.import_module("s3tokenizer.model_v2")
    s3gen = importlib.import_module("chatterbox.models.s3gen.s3gen")
    # The alignment analyser of the multilingual model looks at head 15 of layer 13.
    heads, layers = (16, 14) if name.startswith("multilingual") else (2, 2)
    gpt2 = {"hidden_size": WIDTH, "n_embd": WIDTH, "n_head": 2, "n_layer": 2}
    llama = {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": WIDTH // heads,
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(compat.known_warnings())
        stack.enter_context(_changed(configs["Llama_520M"], llama))
        stack.enter_context(_changed(configs["GPT2_medium"], gpt2))
        stack.enter_context(_changed(configs["GPT2_small"], {**gpt2, "n_layer": 1}))
        stack.enter_context(_attribute(perceiver.__init__, "__defaults__", (32, WIDTH, WIDTH, 2)))
        size = vars(tokenizer.S3TokenizerV2.__init__.__defaults__[0])
        stack.enter_context(_changed(size, {"n_audio_state": 64, "n_audio_head": 1, "n_audio_layer": 1}))
        shrunken: dict[str, dict[str, object]] = {
            "UpsampleConformerEncoder": {"num_blocks": 1, "linear_units": 64},
            "ConditionalDecoder": {
                "channels": [32],
                "n_blocks": 1,
                "num_mid_blocks": 1,
                "num_heads": 2,
                "attention_head_dim": 16,
            },
            "HiFTGenerator": {"base_channels": 32},
            "ConvRNNF0Predictor": {"cond_channels": 32},
        }
        for cls, smaller in shrunken.items():
            stack.enter_context(_attribute(s3gen, cls, _smaller(getattr(s3gen, cls), smaller)))
        yield


def _smaller(cls: Callable[..., Any], options: dict[str, object]) -> Callable[..., Any]:
    @functools.wraps(cls)
    def build(*args: object, **given: object) -> Any:
        return cls(*args, **{**given, **options})

    return build


@contextlib.contextmanager
def _changed(table: dict[str, Any], values: dict[str, Any]) -> Iterator[None]:
    before = dict(table)
    table.update(values)
    try:
        yield
    finally:
        table.clear()
        table.update(before)


@contextlib.contextmanager
def _attribute(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


class TinyChatterbox:
    """Tiny checkpoints, made once per session; each model is loaded once by us and once by the package.

    Names are those of `CHECKPOINTS`. Nobody changes what is handed out.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, Path] = {}
        self._models: dict[str, LoadedModel] = {}
        self._upstream: dict[str, Any] = {}
        self._voices: dict[tuple[str, float, int], Conditionals] = {}

    def folder(self, name: str) -> Path:
        """Folder with the files of the checkpoint `name`."""
        if name not in self._folders:
            self._folders[name] = self._root / name
            make_checkpoint(name, self._folders[name])
        return self._folders[name]

    def model(self, name: str) -> LoadedModel:
        """Loaded by `speech.engines.chatterbox.loading`."""
        if name not in self._models:
            from speech.engines.chatterbox.loading import load

            with small_architectures(name):
                self._models[name] = load(name, self.folder(name), "cpu")
        return self._models[name]

    def upstream(self, name: str) -> Any:
        """Loaded by the package's own ``from_local`` (Nano, which release 0.1.7 cannot load: see `_nano`)."""
        if name not in self._upstream:
            with small_architectures(name):
                self._upstream[name] = load_upstream(name, self.folder(name))
        return self._upstream[name]

    def voice(self, name: str, render_seconds: float = 1.5, seed: int = 0) -> Conditionals:
        """Conditionals of a made-up voice for the checkpoint `name`."""
        key = (name, render_seconds, seed)
        if key not in self._voices:
            from speech.engines.chatterbox.references import prepare

            # Turbo wants more than five seconds of a recording, of which the first shape the timbre.
            seconds = 5.1 if name in ("turbo", "nano") else max(render_seconds, 1.0)
            samples = voice_like(seconds, seed=seed)
            self._voices[key] = prepare(self.model(name), samples, 24_000, f"{key}", render_seconds=render_seconds)
        return self._voices[key]


@contextlib.contextmanager
def quiet_output() -> Iterator[None]:
    """Swallow what the package prints, and the warnings of modules that only its own file reading imports."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "'(aifc|audioop|sunau)' is deprecated", DeprecationWarning)
        yield


@contextlib.contextmanager
def local_hub(folder: Path) -> Iterator[None]:
    """The package's multilingual tokenizer finds in `folder` what it would download."""
    module = importlib.import_module("chatterbox.models.tokenizers.tokenizer")
    with _attribute(module, "hf_hub_download", lambda **wanted: str(folder / wanted["filename"])):
        yield


def load_upstream(name: str, folder: Path) -> Any:
    """The checkpoint `name` loaded on the CPU by the package (Nano, which release 0.1.7 cannot load: see `_nano`)."""
    compat.prepare()
    with compat.known_warnings(), quiet_output(), local_hub(folder):
        return _from_local(name, folder)


def _from_local(name: str, folder: Path) -> Any:
    from chatterbox.mtl_tts import ChatterboxMultilingualTTS
    from chatterbox.tts import ChatterboxTTS
    from chatterbox.tts_turbo import ChatterboxTurboTTS
    from chatterbox.vc import ChatterboxVC

    if name == "nano":
        return _nano(folder)
    classes = {"english": ChatterboxTTS, "turbo": ChatterboxTurboTTS, "vc": ChatterboxVC}
    return classes.get(name, ChatterboxMultilingualTTS).from_local(folder, "cpu")


def _nano(folder: Path) -> Any:
    """The package's Turbo loader reading Nano's weights: it differs from the repository's Nano loader in names only."""
    module = importlib.import_module("chatterbox.tts_turbo")
    configs = importlib.import_module("chatterbox.models.t3.llama_configs").LLAMA_CONFIGS
    read = module.load_file

    def renamed(path: Path) -> Any:
        return read(path.with_name(path.name.replace("t3_turbo_v1", "t3_nano_v1")))

    with _changed(configs, {"GPT2_medium": configs["GPT2_small"]}), _attribute(module, "load_file", renamed):
        return module.ChatterboxTurboTTS.from_local(folder, "cpu")


def make_checkpoint(name: str, folder: Path, full_size: bool = False) -> None:
    """Write a random checkpoint, tiny unless `full_size`; the same name gives the same weights."""
    compat.prepare()
    import torch

    folder.mkdir(parents=True)
    wanted = CHECKPOINTS[name]
    before = torch.get_rng_state()
    torch.manual_seed(len(name))
    with compat.known_warnings() if full_size else small_architectures(name):
        from chatterbox.models.s3gen import S3Gen
        from chatterbox.models.voice_encoder import VoiceEncoder

        _save(S3Gen(meanflow=name in ("turbo", "nano")), folder / wanted.s3gen)
        if wanted.t3:
            _save(VoiceEncoder(), folder / wanted.voice_encoder)
            _save(_random_t3(name), folder / wanted.t3)
    _save_voice(name, folder)
    torch.set_rng_state(before)
    if name in ("turbo", "nano"):
        _write_gpt2_tokenizer(folder)
    elif wanted.text:
        _write_grapheme_tokenizer(folder / wanted.text[0], name)
    for extra in wanted.extras:
        if extra.startswith("Cangjie"):
            (folder / extra).write_text(json.dumps(CANGJIE_ROWS), encoding="utf-8")


def _random_t3(name: str) -> Any:
    import torch
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    if name in ("turbo", "nano"):
        config = T3Config(text_tokens_dict_size=50276)
        config.llama_config_name = "GPT2_small" if name == "nano" else "GPT2_medium"
        config.speech_tokens_dict_size = 6563
        config.input_pos_emb = None
        config.speech_cond_prompt_len = 375
        config.use_perceiver_resampler = False
        config.emotion_adv = False
    else:
        config = T3Config.english_only() if name == "english" else T3Config.multilingual()
    t3 = T3(config)
    with torch.no_grad():
        # Logits that vary like a trained model's: flat ones would make every sampling rule look right.
        t3.speech_head.weight.normal_(0, 3 / t3.dim**0.5)
        for table in (t3.text_emb, t3.speech_emb):
            table.weight.normal_(0, 1)
    return t3


def _save(module: Any, path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    state = {key: value.detach().contiguous().clone() for key, value in module.state_dict().items()}
    if path.suffix == ".pt":
        torch.save(state, path)
        return
    if path.name == "s3gen.safetensors":
        # The package reads this file as one that may lack the buffers that are computed.
        state = {key: state[key] for key in state if key not in module.ignore_state_dict_missing}
    save_file(state, path)


def _save_voice(name: str, folder: Path) -> None:
    import torch
    from chatterbox.models.t3.modules.cond_enc import T3Cond
    from chatterbox.tts import Conditionals

    count = 375 if name in ("turbo", "nano") else 150
    speaker = torch.nn.functional.normalize(torch.rand(1, 256))
    prompt = torch.randint(0, 6561, (1, count))
    t3 = T3Cond(speaker_emb=speaker, cond_prompt_speech_tokens=prompt, emotion_adv=0.5 * torch.ones(1, 1, 1))
    gen = {
        "prompt_token": torch.randint(0, 6561, (1, 30)),
        "prompt_token_len": torch.tensor([30]),
        "prompt_feat": torch.randn(1, 60, 80),
        "prompt_feat_len": None,
        "embedding": torch.randn(1, 192),
    }
    Conditionals(t3, gen).save(folder / "conds.pt")


def _write_grapheme_tokenizer(path: Path, name: str) -> None:
    from tokenizers import AddedToken, Tokenizer, models

    tokens = ["[STOP]", "[UNK]", "[SPACE]", *map(chr, range(33, 127))]
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]"]
    if name != "english":
        tokens += [chr(code) for block in ((0x300, 0x370), (0x430, 0x450), (0x1100, 0x1200)) for code in range(*block)]
        languages = importlib.import_module("chatterbox.mtl_tts").SUPPORTED_LANGUAGES
        # The released vocabulary has a token for each language and for each letter of the Chinese codes.
        special += [f"[{code}]" for code in languages] + [f"[cj_{key}]" for key in "abcdefghijklmnopqrstuvwxyz."]
    vocabulary: dict[str, int] = {}
    size = 704 if name == "english" else 2454
    waiting = iter([*tokens, *special])
    for index in range(size):
        token = "[START]" if index == 255 else next((item for item in waiting if item not in vocabulary), f"<{index}>")
        vocabulary[token if token != "[START]" or index == 255 else f"<{index}>"] = index
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    tokenizer.save(str(path))


def _write_gpt2_tokenizer(folder: Path) -> None:
    from tokenizers.pre_tokenizers import ByteLevel

    vocabulary = {character: index for index, character in enumerate(sorted(ByteLevel.alphabet()))}
    vocabulary |= {f"<{index}>": index for index in range(len(vocabulary), 50256)} | {"<|endoftext|>": 50256}
    end = {name: "<|endoftext|>" for name in ("unk_token", "bos_token", "eos_token")}
    files: dict[str, object] = {
        "vocab.json": vocabulary,
        "added_tokens.json": {f"[{tag}]": 50257 + index for index, tag in enumerate(TAGS)},
        "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 1024, **end},
        "special_tokens_map.json": end,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")


def voice_like(seconds: float, rate: int = 24_000, seed: int = 0) -> Samples:
    """A recording with the pitch, harmonics and syllables of a voice; another seed is another voice."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    pitch = 110 + 30 * seed + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    tone = sum(np.sin(number * phase) / number for number in range(1, 12))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)
    samples = 0.1 * tone * syllables + rng.normal(0, 0.005, time.shape)
    return np.asarray(samples, dtype=np.float32)


@pytest.fixture(scope="session")
def tiny_chatterbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyChatterbox]:
    """Tiny checkpoints of every family; computes on one thread while the session lasts."""
    compat.prepare()
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield TinyChatterbox(tmp_path_factory.mktemp("chatterbox"))
    torch.set_num_threads(threads)


def module_of(name: str) -> ModuleType:
    """A module of the package, after `compat.prepare`."""
    compat.prepare()
    return importlib.import_module(name)
