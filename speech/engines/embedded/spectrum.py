"""The short-time Fourier transform inside the model, written as a convolution."""

from __future__ import annotations

from typing import Final

import numpy as np

from speech.engines.embedded.graph import Graph

_HAIR: Final = 1e-20


def replace_spectrum(graph: Graph) -> int:
    """Replace each ``STFT`` of constant window and step by the same sums written as a convolution.

    onnxruntime sums spectra of lengths that are no power of two one by one.

    Returns:
        How many were replaced.
    """
    from onnx import helper

    replaced = 0
    for node in graph.nodes:
        if node.op_type != "STFT":
            continue
        step, window = graph.constant(node.input[1]), graph.constant(node.input[2])
        if step is None or window is None or window.ndim != 1:
            continue
        name, length = node.name, window.size
        turns = np.outer(np.arange(length // 2 + 1), np.arange(length)) % length
        angles = 2 * np.pi * turns / length
        real_bins = 2 * turns % length == 0
        sines = np.where(real_bins, 0.0, np.sin(angles))
        # A hair above zero, so that the phase of a negative real number comes out as +pi, as in training.
        hair = np.concatenate([np.zeros(len(turns)), np.where(real_bins.all(axis=1), _HAIR, 0.0)])
        kernel = (np.concatenate([np.cos(angles), -sines]) * window)[:, np.newaxis].astype(np.float32)
        weights = graph.add_constant(f"{name}_kernel", kernel)
        bias = graph.add_constant(f"{name}_bias", hair.astype(np.float32))
        one = graph.add_constant(f"{name}_axis", np.array([1], np.int64))
        shape = graph.add_constant(f"{name}_shape", np.array([0, 2, length // 2 + 1, -1], np.int64))
        graph.replace(
            node,
            [
                helper.make_node("Unsqueeze", [node.input[0], one], [f"{name}_wave"], name=f"{name}_wave"),
                helper.make_node(
                    "Conv", [f"{name}_wave", weights, bias], [f"{name}_bins"], name=f"{name}_sums", strides=[int(step)]
                ),
                helper.make_node("Reshape", [f"{name}_bins", shape], [f"{name}_parts"], name=f"{name}_parts"),
                helper.make_node(
                    "Transpose", [f"{name}_parts"], [node.output[0]], name=f"{name}_order", perm=[0, 3, 2, 1]
                ),
            ],
        )
        replaced += 1
    graph.apply()
    return replaced
