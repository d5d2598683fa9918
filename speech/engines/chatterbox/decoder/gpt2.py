"""The network of Turbo and Nano: a GPT-2 without learned speech positions and without guidance."""

from __future__ import annotations

from dataclasses import dataclass

from speech.engines.chatterbox.decoder.linear import Linear, LinearFactory, release
from speech.engines.chatterbox.decoder.request import DecodeRequest
from speech.engines.chatterbox.decoder.sampling import Order
from speech.engines.chatterbox.decoder.slots import Span
from speech.engines.chatterbox.tensors import Tensor


@dataclass(frozen=True)
class _Norm:
    weight: Tensor
    bias: Tensor
    epsilon: float


@dataclass(frozen=True)
class _Layer:
    norm: _Norm
    qkv: Linear
    out: Linear
    mlp_norm: _Norm
    up: Linear
    down: Linear


class GPT2Network:
    """See `Network`. Takes over the weights of ``t3``: shared in float32, otherwise the originals are emptied.

    Upstream does not look whether the first token drawn is the stop token; neither does this network.
    """

    order: Order = "gpt2"
    first_may_stop = False

    def __init__(self, t3: Tensor, linear: LinearFactory, positions: int) -> None:
        import torch

        self._torch = torch
        self._t3 = t3
        config, hp = t3.cfg, t3.hp
        self.start_token, self.stop_token = hp.start_speech_token, hp.stop_speech_token
        self.vocabulary = t3.speech_head.weight.shape[0]
        self.text_limit = self.token_limit = self.position_limit = config.n_positions
        self.shape = (config.n_layer, config.n_head, config.n_embd // config.n_head)
        self.dtype, self.device = linear.dtype, t3.device
        self.watched: tuple[tuple[int, int], ...] = ()
        self._layers = [self._take_layer(block, linear) for block in t3.tfmr.h]
        self._norm = self._take_norm(t3.tfmr.ln_f, linear)
        self._places = linear.vector(t3.tfmr.wpe.weight)
        self._head = linear(t3.speech_head.weight, t3.speech_head.bias)

    def guided(self, request: DecodeRequest) -> bool:
        """Never."""
        return False

    def prefix_key(self, request: DecodeRequest) -> tuple[str, float]:
        """The voice; emotion has no effect."""
        return request.voice_key, 0.0

    def conditioning(self, request: DecodeRequest) -> Tensor:
        """Speaker and prompt through upstream's own encoder."""
        from chatterbox.models.t3.modules.cond_enc import T3Cond

        prompt = request.prompt_tokens
        return self._t3.prepare_conditioning(
            T3Cond(
                speaker_emb=request.speaker.to(self.device),
                cond_prompt_speech_tokens=None if prompt is None else prompt.to(self.device),
            )
        )

    def text(self, request: DecodeRequest) -> Tensor:
        """Text and one start token."""
        t3 = self._t3
        start = t3.speech_emb.weight[self.start_token].expand(1, 1, -1)
        return self._torch.cat([t3.text_emb(request.text_tokens.to(self.device)), start], dim=1)

    def embed(self, tokens: Tensor, index: Tensor) -> Tensor:
        """The token alone; positions are those of the whole row."""
        embeddings: Tensor = self._t3.speech_emb(tokens)
        return embeddings

    def forward(self, embeddings: Tensor, span: Span) -> Tensor:
        """See `Network`."""
        functional = self._torch.nn.functional
        heads, size = self.shape[1:]
        hidden = embeddings.to(self.dtype) + self._places[span.positions]
        rows, length, width = hidden.shape
        for number, layer in enumerate(self._layers):
            mixed = layer.qkv(self._normed(hidden, layer.norm)).view(rows, length, 3, heads, size)
            queries, keys, values = mixed.permute(2, 0, 3, 1, 4)
            attended = span.attend(number, queries, keys, values)
            hidden = hidden + layer.out(attended.transpose(1, 2).reshape(rows, length, width))
            up = layer.up(self._normed(hidden, layer.mlp_norm))
            hidden = hidden + layer.down(functional.gelu(up, approximate="tanh"))
        return self._normed(hidden, self._norm)

    def logits(self, hidden: Tensor) -> Tensor:
        """See `Network`."""
        return self._head(hidden).float()

    def _normed(self, hidden: Tensor, norm: _Norm) -> Tensor:
        return self._torch.nn.functional.layer_norm(hidden, (hidden.shape[-1],), norm.weight, norm.bias, norm.epsilon)

    def _take_norm(self, norm: Tensor, linear: LinearFactory) -> _Norm:
        return _Norm(linear.vector(norm.weight), linear.vector(norm.bias), norm.eps)

    def _take_layer(self, block: Tensor, linear: LinearFactory) -> _Layer:
        return _Layer(
            norm=self._take_norm(block.ln_1, linear),
            qkv=self._take_linear(block.attn.c_attn, linear),
            out=self._take_linear(block.attn.c_proj, linear),
            mlp_norm=self._take_norm(block.ln_2, linear),
            up=self._take_linear(block.mlp.c_fc, linear),
            down=self._take_linear(block.mlp.c_proj, linear),
        )

    def _take_linear(self, module: Tensor, linear: LinearFactory) -> Linear:
        # Upstream stores (inputs, outputs); the transposed view is not slower for few rows, and copies nothing.
        layer = linear(module.weight.detach().T, module.bias)
        if not linear.shares_weights:
            release(module.weight)
        return layer
