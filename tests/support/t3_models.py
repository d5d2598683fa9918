"""Tiny random T3 models, built from the unmodified upstream package."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

from speech.engines.chatterbox import compat

Kind = Literal["english", "multilingual", "turbo"]

# The multilingual analyzer watches head 15 and layer 13, so its model cannot be smaller than this.
SIZES: dict[Kind, tuple[int, int, int]] = {"english": (64, 2, 2), "multilingual": (64, 14, 16), "turbo": (64, 2, 2)}
LIKELY_TOKENS = 64


def import_upstream() -> None:
    """Import the package as the engine does, without its noise."""
    compat.prepare()
    import chatterbox.models.t3  # noqa: F401

    logging.getLogger("chatterbox.models.t3").setLevel(logging.ERROR)


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

    torch.set_num_threads(1)
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
        spread = 5
        if t3.speech_head.bias is not None:
            t3.speech_head.bias.fill_(-20)
            t3.speech_head.bias[live] = torch.randn(len(live))
            spread = 2
        t3.speech_head.weight[live] = torch.randn(len(live), t3.dim) * spread / t3.dim**0.5
    return t3.eval()


def make_request(kind: Kind, number: int = 0, **changes: Any) -> Any:
    """A request whose text, voice and length depend on its number; changes go to it or to its sampling."""
    import torch

    from speech.engines.chatterbox.decoder import DecodeRequest, Sampling

    drawn = torch.Generator().manual_seed(number)
    text = torch.randint(1, 200, (1, 4 + 5 * (number % 7)), generator=drawn)
    if kind != "turbo":
        text = torch.nn.functional.pad(torch.nn.functional.pad(text, (1, 0), value=255), (0, 1), value=0)
    settings = {
        "temperature": 0.8,
        "cfg_weight": 0.5,
        "repetition_penalty": 1.2,
        "min_p": 0.05,
        "top_p": 0.95,
        "top_k": 30,
    }
    request = {
        "text_tokens": text,
        "speaker": torch.randn(1, 256, generator=drawn),
        "prompt_tokens": torch.randint(0, 6561, (1, 20 + number), generator=drawn),
        "emotion": 0.5,
        "voice_key": f"voice {number}",
        "seed": 100 + number,
        "max_tokens": 24,
    }
    settings.update({name: changes.pop(name) for name in list(changes) if name in settings})
    return DecodeRequest(**{**request, **changes}, sampling=Sampling(**settings))


def upstream_tokens(t3: Any, request: Any) -> list[int]:
    """What the unmodified package draws for the request, without the stop token at the end.

    Its loop needs two rows; with the guidance weight 0 it leaves them equal, so that they guide nothing.
    """
    import torch
    from chatterbox.models.t3.modules.cond_enc import T3Cond

    sampling = request.sampling
    cond = T3Cond(
        request.speaker,
        cond_prompt_speech_tokens=request.prompt_tokens,
        emotion_adv=torch.full((1, 1, 1), request.emotion),
    )
    quiet = patch("chatterbox.models.t3.t3.tqdm", lambda steps, **_: steps)
    with quiet, torch.random.fork_rng():
        torch.manual_seed(request.seed)
        if t3.is_gpt:
            return t3.inference_turbo(
                cond,
                request.text_tokens,
                temperature=sampling.temperature,
                top_k=sampling.top_k,
                top_p=sampling.top_p,
                repetition_penalty=sampling.repetition_penalty,
                max_gen_len=request.max_tokens - 1,
            )[0].tolist()
        tokens = t3.inference(
            t3_cond=cond,
            text_tokens=request.text_tokens.expand(2, -1),
            max_new_tokens=request.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            min_p=sampling.min_p,
            repetition_penalty=sampling.repetition_penalty,
            cfg_weight=sampling.cfg_weight,
        )[0].tolist()
    return tokens[:-1] if tokens[-1] == t3.hp.stop_speech_token else tokens


def make_decoder(t3: Any, **changes: Any) -> Any:
    """A float32 decoder large enough for these requests."""
    from speech.engines.chatterbox.decoder import Decoder

    settings = {"rows": 16, "positions": 256, "arithmetic": "float32", "graphs": False, "prefix_cache_bytes": 0}
    return Decoder(t3, **{**settings, **changes})


def run(decoder: Any, *requests: Any) -> list[list[int]]:
    """Join all requests and step until nothing runs."""
    sequences = [decoder.join(request) for request in requests]
    while decoder.running:
        decoder.step()
    return [sequence.tokens for sequence in sequences]
