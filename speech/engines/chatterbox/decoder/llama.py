"""The network of the English and the multilingual T3: a Llama with learned positions for text and speech."""

from __future__ import annotations

from dataclasses import dataclass

from speech.engines.chatterbox.decoder.linear import Linear, LinearFactory, release
from speech.engines.chatterbox.decoder.request import DecodeRequest
from speech.engines.chatterbox.decoder.sampling import Order
from speech.engines.chatterbox.decoder.slots import Span
from speech.engines.chatterbox.tensors import Tensor

# Heads that follow the text, as chatterbox 0.1.7 names them (LLAMA_ALIGNED_HEADS of its alignment analyzer).
ALIGNED_HEADS = ((12, 15), (13, 11), (9, 2))


@dataclass(frozen=True)
class _Layer:
    norm: Tensor
    qkv: Linear
    out: Linear
    mlp_norm: Tensor
    gate_up: Linear
    down: Linear


class LlamaNetwork:
    """See `Network`. Takes over the weights of ``t3``: shared in float32, otherwise the originals are emptied."""

    order: Order = "llama"
    first_may_stop = True

    def __init__(self, t3: Tensor, linear: LinearFactory, positions: int) -> None:
        import torch

        self._torch = torch
        self._t3 = t3
        config, hp = t3.cfg, t3.hp
        self.start_token, self.stop_token = hp.start_speech_token, hp.stop_speech_token
        self.vocabulary = t3.speech_head.weight.shape[0]
        self.text_limit = t3.text_pos_emb.emb.num_embeddings
        self.token_limit = t3.speech_pos_emb.emb.num_embeddings
        self.position_limit = config.max_position_embeddings
        heads = config.num_attention_heads
        self.shape = (config.num_hidden_layers, heads, config.hidden_size // heads)
        self.dtype, self.device = linear.dtype, t3.device
        self.watched: tuple[tuple[int, int], ...] = ALIGNED_HEADS if getattr(hp, "is_multilingual", False) else ()
        self._epsilon = config.rms_norm_eps
        self._layers = [self._take_layer(layer, linear) for layer in t3.tfmr.layers]
        self._norm = linear.vector(t3.tfmr.norm.weight)
        self._head = linear(t3.speech_head.weight)
        self._cosines, self._sines = self._rotations(positions)

    def guided(self, request: DecodeRequest) -> bool:
        """Whether guidance is on."""
        return request.sampling.cfg_weight > 0

    def prefix_key(self, request: DecodeRequest) -> tuple[str, float]:
        """Voice and emotion."""
        return request.voice_key, float(request.emotion)

    def conditioning(self, request: DecodeRequest) -> Tensor:
        """Speaker, resampled prompt and emotion through upstream's own encoder."""
        from chatterbox.models.t3.modules.cond_enc import T3Cond

        torch, device, prompt = self._torch, self.device, request.prompt_tokens
        return self._t3.prepare_conditioning(
            T3Cond(
                speaker_emb=request.speaker.to(device),
                cond_prompt_speech_tokens=None if prompt is None else prompt.to(device),
                emotion_adv=torch.full((1, 1, 1), float(request.emotion), device=device),
            )
        )

    def text(self, request: DecodeRequest) -> Tensor:
        """Text and the start token, which upstream feeds twice; the unconditional row has no text."""
        torch, t3 = self._torch, self._t3
        tokens = request.text_tokens.to(self.device)
        text = t3.text_emb(tokens)
        if self.guided(request):
            text = torch.cat([text, torch.zeros_like(text)])
        text = text + t3.text_pos_emb(tokens)
        start = t3.speech_emb.weight[self.start_token] + t3.speech_pos_emb.emb.weight[0]
        return torch.cat([text, start.expand(len(text), 2, -1)], dim=1)

    def embed(self, tokens: Tensor, index: Tensor) -> Tensor:
        """Token and its place in the speech."""
        embeddings: Tensor = self._t3.speech_emb(tokens) + self._t3.speech_pos_emb.emb(index)
        return embeddings

    def forward(self, embeddings: Tensor, span: Span) -> Tensor:
        """See `Network`."""
        functional = self._torch.nn.functional
        heads, size = self.shape[1:]
        hidden = embeddings.to(self.dtype)
        rows, length, width = hidden.shape
        cosines, sines = self._cosines[span.positions][:, None], self._sines[span.positions][:, None]
        for number, layer in enumerate(self._layers):
            mixed = layer.qkv(self._rms_norm(hidden, layer.norm)).view(rows, length, 3, heads, size)
            queries, keys, values = mixed.permute(2, 0, 3, 1, 4)
            queries, keys = self._rotate(queries, cosines, sines), self._rotate(keys, cosines, sines)
            attended = span.attend(number, queries, keys, values)
            hidden = hidden + layer.out(attended.transpose(1, 2).reshape(rows, length, width))
            gate, up = layer.gate_up(self._rms_norm(hidden, layer.mlp_norm)).chunk(2, dim=-1)
            hidden = hidden + layer.down(functional.silu(gate) * up)
        return self._rms_norm(hidden, self._norm)

    def logits(self, hidden: Tensor) -> Tensor:
        """See `Network`."""
        return self._head(hidden).float()

    def _rms_norm(self, hidden: Tensor, weight: Tensor) -> Tensor:
        return self._torch.nn.functional.rms_norm(hidden, (hidden.shape[-1],), weight, self._epsilon)

    def _rotate(self, values: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        first, second = values.chunk(2, dim=-1)
        return values * cosines + self._torch.cat([-second, first], dim=-1) * sines

    def _rotations(self, positions: int) -> tuple[Tensor, Tensor]:
        torch, rotary = self._torch, self._t3.tfmr.rotary_emb
        angles = torch.outer(torch.arange(positions, device=self.device).float(), rotary.inv_freq.float())
        angles = torch.cat([angles, angles], dim=-1)
        scaling = rotary.attention_scaling
        return (angles.cos() * scaling).to(self.dtype), (angles.sin() * scaling).to(self.dtype)

    def _take_layer(self, layer: Tensor, linear: LinearFactory) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        return _Layer(
            norm=linear.vector(layer.input_layernorm.weight),
            qkv=self._fuse([attention.q_proj, attention.k_proj, attention.v_proj], linear),
            out=self._fuse([attention.o_proj], linear),
            mlp_norm=linear.vector(layer.post_attention_layernorm.weight),
            gate_up=self._fuse([mlp.gate_proj, mlp.up_proj], linear),
            down=self._fuse([mlp.down_proj], linear),
        )

    def _fuse(self, modules: list[Tensor], linear: LinearFactory) -> Linear:
        if len(modules) == 1:
            weight = modules[0].weight.detach()
        else:
            weight = self._torch.cat([module.weight.detach() for module in modules])
        layer, begin = linear(weight), 0
        for module in modules:
            end = begin + module.weight.shape[0]
            if linear.shares_weights:
                module.weight.data = weight[begin:end]
            else:
                release(module.weight)
            begin = end
        return layer
