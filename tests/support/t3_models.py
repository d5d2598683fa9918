"""Tiny random T3 models, built from the unmodified upstream package."""

from __future__ import annotations

import logging
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

Kind = Literal["english", "multilingual", "turbo"]

# The multilingual analyzer watches head 15 and layer 13, so its model cannot be smaller than this.
SIZES: dict[Kind, tuple[int, int, int]] = {"english": (64, 2, 2), "multilingual": (64, 14, 16), "turbo": (64, 2, 2)}
LIKELY_TOKENS = 64


def import_upstream() -> None:
    """Import the package beside a torchaudio that was built for another torch, without its noise."""
    if "torchaudio" not in sys.modules:
        stub: Any = types.ModuleType("torchaudio._extension")
        stub._IS_TORCHAUDIO_EXT_AVAILABLE = stub._IS_ALIGN_AVAILABLE = stub._IS_RIR_AVAILABLE = False
        stub._check_cuda_version = stub.lazy_import_sox_ext = lambda: None
        stub.fail_if_no_align = stub.fail_if_no_rir = lambda function: function
        sys.modules.setdefault("torchaudio._extension", stub)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import chatterbox.models.t3  # noqa: F401
    logging.getLogger("chatterbox").setLevel(logging.ERROR)


@contextmanager
def tiny_architectures(dim: int, layers: int, heads: int) -> Iterator[None]:
    """Upstream's table of architectures and its hard-wired perceiver, shrunk inside the block."""
    from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
    from chatterbox.models.t3.modules.perceiver import Perceiver

    kept, defaults = {name: dict(config) for name, config in LLAMA_CONFIGS.items()}, Perceiver.__init__.__defaults__
    LLAMA_CONFIGS["Llama_520M"].update(
        hidden_size=dim, intermediate_size=2 * dim, num_hidden_layers=layers, head_dim=dim // heads
    )
    LLAMA_CONFIGS["Llama_520M"].update(num_attention_heads=heads, num_key_value_heads=heads)
    LLAMA_CONFIGS["GPT2_medium"].update(hidden_size=dim, n_embd=dim, n_head=heads, n_layer=layers, n_positions=1024)
    Perceiver.__init__.__defaults__ = (32, dim, dim, heads)
    try:
        yield
    finally:
        for name, config in kept.items():
            LLAMA_CONFIGS[name].clear()
            LLAMA_CONFIGS[name].update(config)
        Perceiver.__init__.__defaults__ = defaults


def make_t3(kind: Kind, seed: int = 0) -> Any:
    """A random T3 of the kind whose draws are neither uniform nor certain."""
    import torch

    import_upstream()
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    hp = T3Config.multilingual() if kind == "multilingual" else T3Config.english_only()
    if kind == "turbo":
        hp = T3Config(text_tokens_dict_size=500)
        hp.llama_config_name, hp.speech_tokens_dict_size, hp.input_pos_emb = "GPT2_medium", 6563, None
        hp.speech_cond_prompt_len, hp.use_perceiver_resampler, hp.emotion_adv = 375, False, False
    with tiny_architectures(*SIZES[kind]), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        t3 = T3(hp)
        # Everything has an effect: biases, norms and positions are as large as the rest.
        for name, weight in t3.named_parameters():
            if "pos_emb" in name or "wpe" in name:
                weight.normal_(0, 0.5)
            elif name.startswith("tfmr") and weight.dim() == 2:
                weight.normal_(0, 1.5 / weight.shape[1] ** 0.5)
            elif name.startswith("tfmr"):
                weight.add_(torch.randn_like(weight), alpha=0.2)
        # Few tokens are likely, so that they repeat; start and stop are among them.
        t3.speech_head.weight.zero_()
        live = [*range(LIKELY_TOKENS), hp.start_speech_token, hp.stop_speech_token]
        t3.speech_head.weight[live] = torch.randn(len(live), t3.dim) * 5 / t3.dim**0.5
    return t3.eval()
