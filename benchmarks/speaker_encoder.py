"""Writes the speaker encoder's network from Resemblyzer's weights::

    python -m benchmarks.speaker_encoder --weights resemblyzer.npz

The weights are the state of the package resemblyzer 0.1.4 (``pretrained.pt``), saved with ``numpy.savez`` under their
own names.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from speech.speakers.encoder import NETWORK, WINDOW
from speech.speakers.features import MELS

LAYERS = 3
UNITS = 256


def network(weights: dict[str, Any]) -> Any:
    """An ``onnx.ModelProto``: windows ``(n, 160, 40)`` in, embeddings ``(n, 256)`` of length 1 out."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("Transpose", ["windows"], ["layer0"], perm=[1, 0, 2])]
    constants = {"zero": np.array([0], np.int64), "ones": np.array([1], np.int64)}
    for layer in range(LAYERS):
        source, target = f"layer{layer}", f"layer{layer + 1}"
        constants[f"w{layer}"] = _gates(weights[f"lstm.weight_ih_l{layer}"])[np.newaxis]
        constants[f"r{layer}"] = _gates(weights[f"lstm.weight_hh_l{layer}"])[np.newaxis]
        biases = (_gates(weights[f"lstm.bias_{side}_l{layer}"]) for side in ("ih", "hh"))
        constants[f"b{layer}"] = np.concatenate(list(biases))[np.newaxis]
        inputs = [source, f"w{layer}", f"r{layer}", f"b{layer}"]
        nodes.append(helper.make_node("LSTM", inputs, [f"y{layer}", f"last{layer}"], hidden_size=UNITS))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", "ones"], [target]))
    constants["linear"], constants["bias"] = weights["linear.weight"], weights["linear.bias"]
    nodes += [
        helper.make_node("Squeeze", [f"last{LAYERS - 1}", "zero"], ["last"]),
        helper.make_node("Gemm", ["last", "linear", "bias"], ["raw"], transB=1),
        helper.make_node("Relu", ["raw"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["embeddings"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "speaker encoder",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["n", WINDOW, MELS])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", UNITS])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _gates(values: Any) -> Any:
    """torch orders the gates input, forget, cell, output; ONNX input, output, forget, cell."""
    enter, forget, cell, leave = np.split(values, 4)
    return np.concatenate([enter, leave, forget, cell])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--weights", type=Path, required=True)
    with np.load(parser.parse_args().weights) as archive:
        model = network({name: archive[name] for name in archive.files})
    NETWORK.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
