"""Turning float convolutions into 8-bit ones from stored activation ranges.

The ranges are kept per channel. onnxruntime's 8-bit convolution knows one scale per tensor only, so the
channels' scales are moved into its neighbours: the input's into the weights, the output's into the weights'
rows and the bias, where they cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from speech.engines.embedded.graph import Graph

Floats = npt.NDArray[np.float32]

WEIGHT_STEPS: Final = 127
"""Greatest weight of the full 8-bit range."""

_STEPS: Final = 255
_MIDDLE: Final = 128
_BIAS_STEPS: Final = 2**30


@dataclass(frozen=True)
class Ranges:
    """Least and greatest activations per channel of one convolution, seen over many utterances.

    Attributes:
        input_low: shape (channels in,), at most 0.
        input_high: shape (channels in,), at least 0.
        output_low: shape (channels out,).
        output_high: shape (channels out,).
    """

    input_low: Floats
    input_high: Floats
    output_low: Floats
    output_high: Floats


def quantise_convolutions(
    graph: Graph, ranges: Mapping[str, Ranges], smoothing: float = 1.0, weight_steps: int = WEIGHT_STEPS
) -> int:
    """Replace the float convolutions named in `ranges` by 8-bit ones.

    Args:
        graph: with float ``Conv`` nodes of constant weights.
        ranges: by node name.
        smoothing: share of the input channels' differences in range that the weights take over, 0 to 1
            (Xiao et al. 2022, "SmoothQuant", equation 4, with the ranges in place of the maxima).
        weight_steps: greatest weight, at most 127; 63 for CPUs that add pairs of products in 16 bits
            (onnxruntime's quantisation guide calls it reduce_range).

    Returns:
        How many were replaced.
    """
    replaced = 0
    for node in graph.nodes:
        if node.op_type == "Conv" and node.name in ranges:
            graph.replace(node, _quantised(graph, node, ranges[node.name], smoothing, weight_steps))
            replaced += 1
    graph.apply()
    return replaced


def _quantised(graph: Graph, node: Any, ranges: Ranges, smoothing: float, weight_steps: int) -> list[Any]:
    from onnx import helper

    weights = graph.constant(node.input[1])
    assert weights is not None
    bias = graph.constant(node.input[2]) if len(node.input) > 2 else None
    zero, input_scale = _input_scale(ranges, smoothing)
    output_scale = np.maximum((ranges.output_high - ranges.output_low) / _STEPS, 1e-8).astype(np.float32)
    middle = (ranges.output_high + ranges.output_low) / 2
    folded = weights * input_scale.reshape(1, -1, 1) / output_scale.reshape(-1, 1, 1)
    shift = ((0.0 if bias is None else bias) - middle) / output_scale
    # A row of all but silent weights must still leave room for its bias in 32 bits.
    finest = np.maximum(np.abs(shift) / _BIAS_STEPS, 1e-12)
    weight_scale = np.maximum(np.abs(folded).max(axis=(1, 2)) / weight_steps, finest).astype(np.float32)
    steps = np.rint(folded / weight_scale.reshape(-1, 1, 1)).astype(np.int8)
    name = node.name
    constants = {
        "input_scale": input_scale,
        "input_zero": np.full(input_scale.shape, zero, np.uint8),
        "one": np.array(1.0, np.float32),
        "zero": np.array(zero, np.uint8),
        "weights": steps,
        "weight_scale": weight_scale,
        "weight_zero": np.zeros(weight_scale.shape, np.int8),
        "middle": np.array(_MIDDLE, np.uint8),
        "bias": np.rint(shift / weight_scale).astype(np.int32),
        "output_scale": output_scale,
        "output_zero": np.full(output_scale.shape, _MIDDLE, np.uint8),
        "output_middle": middle.astype(np.float32).reshape(1, -1, 1),
    }
    const = {key: graph.add_constant(f"{name}_{key}", value) for key, value in constants.items()}
    keys = ("one", "zero", "weights", "weight_scale", "weight_zero", "one", "middle", "bias")
    convolution = helper.make_node(
        "QLinearConv",
        [f"{name}_input", *(const[key] for key in keys)],
        [f"{name}_output"],
        name=f"{name}_int8",
    )
    convolution.attribute.extend(node.attribute)
    quantise = [node.input[0], const["input_scale"], const["input_zero"]]
    dequantise = [f"{name}_output", const["output_scale"], const["output_zero"]]
    return [
        helper.make_node("QuantizeLinear", quantise, [f"{name}_input"], name=f"{name}_quantise", axis=1),
        convolution,
        helper.make_node("DequantizeLinear", dequantise, [f"{name}_float"], name=f"{name}_dequantise", axis=1),
        helper.make_node("Add", [f"{name}_float", const["output_middle"]], [node.output[0]], name=f"{name}_shift"),
    ]


def _input_scale(ranges: Ranges, smoothing: float) -> tuple[int, Floats]:
    """The zero point all channels share, and each channel's scale."""
    low, high = np.minimum(ranges.input_low, 0), np.maximum(ranges.input_high, 0)
    width = np.maximum(high - low, 1e-6)
    zero = int(np.clip(np.rint(_STEPS * np.median(-low / width)), 1, _STEPS - 1))
    scale = np.maximum(np.maximum(-low / zero, high / (_STEPS - zero)), 1e-8)
    scale = scale.max() * (scale / scale.max()) ** smoothing
    return zero, scale.astype(np.float32)
