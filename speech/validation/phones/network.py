"""The phone recogniser: a small Conformer (Gulati et al. 2020) that gives phone probabilities every 20 ms.

It is computed with numpy on the weights that the package ``hama`` carries, within 3e-5 of that package's own engine
and several times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from speech.samples import Samples
from speech.validation.phones.weights import Array

SAMPLE_RATE: Final = 16_000
FRAME_SECONDS: Final = 0.02
"""Step of the output; two feature frames of 10 ms."""

BLANK: Final = -1
"""Index of the blank among the output classes: the last."""

_HOP: Final = 160
_WINDOW: Final = 400
_HEADS: Final = 4
_SQRT_2: Final = 1.4140625  # as the model's half precision has it
_FLOOR: Final = 1e-10
_EPSILON: Final = 1e-5
# Abramowitz and Stegun 7.1.26, at most 1.5e-7 off.
_ERF: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_SLOPE: Final = 0.3275911


@dataclass(frozen=True)
class _Block:
    first: tuple[Array, ...]
    attention: tuple[Array, ...]
    convolution: tuple[Array, ...]
    second: tuple[Array, ...]
    norm: tuple[Array, Array]


class PhoneNetwork:
    """The recogniser in memory; thread-safe, it keeps no state between calls.

    Args:
        weights: of `read_archive`.

    Raises:
        KeyError: an array is missing.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._mel = weights["mel_fb"]
        self._cosine = np.ascontiguousarray(weights["stft_real_kernel"][:, 0].T)
        self._sine = np.ascontiguousarray(weights["stft_imag_kernel"][:, 0].T)
        # The export folded normalisations into convolutions and gave those and all matrices numbers for names.
        convolutions = [name for name in weights if name.startswith("onnx::Conv_")]
        matrices = [weights[name] for name in weights if name.startswith("onnx::MatMul_")]
        self._stem = weights[convolutions[0]], weights[convolutions[1]]
        self._blocks = [
            _block(weights, number, matrices[6 * number : 6 * number + 6], convolutions[2 + 2 * number :][:2])
            for number in range(len(matrices) // 6)
        ]
        head = "acoustic_model.model.proj"
        self._head = np.ascontiguousarray(weights[f"{head}.weight"][:, :, 0].T), weights[f"{head}.bias"]

    def log_probabilities(self, samples: Samples) -> Array:
        """Natural logarithm of the probability of each class, shape ``(frames, classes)``.

        Args:
            samples: mono at `SAMPLE_RATE`; fewer than 201 samples give no frame.
        """
        if len(samples) <= _WINDOW // 2:
            return np.zeros((0, len(self._head[1])), np.float32)
        x = self._begin(self._features(samples))
        for block in self._blocks:
            x = _run(block, x)
        logits = x @ self._head[0] + self._head[1]
        logits -= logits.max(axis=1, keepdims=True)
        result: Array = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return result

    def _features(self, samples: Samples) -> Array:
        padded = np.pad(np.asarray(samples, np.float32), _WINDOW // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
        power = (frames @ self._cosine) ** 2 + (frames @ self._sine) ** 2
        # The model was exported with its features in half precision.
        features: Array = np.log(np.maximum(power @ self._mel, _FLOOR)).astype(np.float16).astype(np.float32)
        return features

    def _begin(self, features: Array) -> Array:
        kernel, bias = self._stem
        padded = np.pad(features, ((1, 1), (0, 0)))
        count = (len(features) - 1) // 2 + 1
        taps = (padded[k : k + 2 * count - 1 : 2] @ kernel[:, :, k].T for k in range(kernel.shape[2]))
        return _gelu(sum(taps, bias))


def _block(weights: Mapping[str, Array], number: int, matrices: list[Array], depthwise: list[str]) -> _Block:
    prefix = f"acoustic_model.model.blocks.{number}"

    def own(*names: str) -> tuple[Array, ...]:
        return tuple(weights[f"{prefix}.{name}"] for name in names)

    up, down, project, out, up_again, down_again = matrices
    norm1, bias1, fc1, fc2 = own("ffn1.norm.weight", "ffn1.norm.bias", "ffn1.fc1.bias", "ffn1.fc2.bias")
    norm2, bias2, fc3, fc4 = own("ffn2.norm.weight", "ffn2.norm.bias", "ffn2.fc1.bias", "ffn2.fc2.bias")
    wide, wide_bias, narrow, narrow_bias = own(
        "conv.pointwise1.weight", "conv.pointwise1.bias", "conv.pointwise2.weight", "conv.pointwise2.bias"
    )
    kernel, kernel_bias = (weights[name] for name in depthwise)
    final, final_bias = own("norm.weight", "norm.bias")
    return _Block(
        first=(norm1, bias1, up, fc1, down, fc2),
        attention=(*own("attn_norm.weight", "attn_norm.bias"), project, *own("attn.in_proj_bias"), out,
                   *own("attn.out_proj.bias")),
        convolution=(*own("conv.norm.weight", "conv.norm.bias"), wide[:, :, 0].T, wide_bias, kernel[:, 0].T,
                     kernel_bias, narrow[:, :, 0].T, narrow_bias),
        second=(norm2, bias2, up_again, fc3, down_again, fc4),
        norm=(final, final_bias),
    )  # fmt: skip


def _run(block: _Block, x: Array) -> Array:
    x = x + 0.5 * _feed_forward(x, block.first)
    x = x + _attend(x, block.attention)
    x = x + _convolve(x, block.convolution)
    x = x + 0.5 * _feed_forward(x, block.second)
    return _normalise(x, *block.norm)


def _feed_forward(x: Array, parts: tuple[Array, ...]) -> Array:
    scale, shift, up, up_bias, down, down_bias = parts
    return _silu(_normalise(x, scale, shift) @ up + up_bias) @ down + down_bias


def _attend(x: Array, parts: tuple[Array, ...]) -> Array:
    scale, shift, project, bias, out, out_bias = parts
    count, width = x.shape
    projected = _normalise(x, scale, shift) @ project + bias
    query, key, value = projected.reshape(count, 3, _HEADS, width // _HEADS).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.float32((width // _HEADS) ** 0.5)
    scores = np.exp(scores - scores.max(axis=2, keepdims=True))
    scores /= scores.sum(axis=2, keepdims=True)
    result: Array = (scores @ value).transpose(1, 0, 2).reshape(count, width) @ out + out_bias
    return result


def _convolve(x: Array, parts: tuple[Array, ...]) -> Array:
    scale, shift, wide, wide_bias, kernel, kernel_bias, narrow, narrow_bias = parts
    gated = _normalise(x, scale, shift) @ wide + wide_bias
    half = gated.shape[1] // 2
    y = gated[:, :half] * _sigmoid(gated[:, half:])
    padded = np.pad(y, ((len(kernel) // 2, len(kernel) // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    filtered: Array = np.einsum("tck,kc->tc", windows, kernel, optimize=False)
    return _silu(filtered + kernel_bias) @ narrow + narrow_bias


def _normalise(x: Array, scale: Array, shift: Array) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    variance = np.mean(centred * centred, axis=1, keepdims=True)
    result: Array = centred / np.sqrt(variance + _EPSILON) * scale + shift
    return result


def _sigmoid(x: Array) -> Array:
    result: Array = np.float32(1) / (np.float32(1) + np.exp(-np.clip(x, -60, 60)))
    return result


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def _gelu(x: Array) -> Array:
    scaled = x / np.float32(_SQRT_2)
    t = 1 / (1 + _ERF_SLOPE * np.abs(scaled))
    series = np.zeros_like(t)
    for factor in reversed(_ERF):
        series = (series + np.float32(factor)) * t
    erf = np.sign(scaled) * (1 - series * np.exp(-scaled * scaled))
    result: Array = np.float32(0.5) * x * (1 + erf)
    return result
