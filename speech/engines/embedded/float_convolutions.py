"""Turning a model's dynamically quantised convolutions back into float ones.

onnxruntime has no fast kernel for ``ConvInteger`` on the CPU, so the packaged model spends most of its time
there; the same weights as floats are faster, and a good start for static quantisation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from speech.engines.embedded.graph import Graph


def restore_float_convolutions(graph: Graph) -> int:
    """Replace each ``ConvInteger`` with its quantisation, bias, cast and scaling by one float ``Conv``.

    The replaced pattern is that of onnxruntime's dynamic quantisation::

        x -> DynamicQuantizeLinear -> ConvInteger [-> Add(bias in steps)] -> Cast -> Mul(x scale * w scale)

    Convolutions that stand in another pattern stay as they are.

    Returns:
        How many were replaced.
    """
    from onnx import helper

    replaced = 0
    for node in graph.nodes:
        if node.op_type != "ConvInteger":
            continue
        source = graph.producer(node.input[0], "DynamicQuantizeLinear")
        tail = _tail(graph, node)
        if source is None or tail is None:
            continue
        last, weight_scale, bias = tail
        weights = graph.add_constant(f"{node.input[1]}_float", _weights(graph, node, weight_scale))
        inputs = [source.input[0], weights] + ([bias] if bias else [])
        convolution = helper.make_node("Conv", inputs, [last.output[0]], name=f"{node.name}_float")
        convolution.attribute.extend(node.attribute)
        graph.replace(last, [convolution])
        replaced += 1
    graph.apply()
    return replaced


def _tail(graph: Graph, node: Any) -> tuple[Any, npt.NDArray[np.float32], str] | None:
    """The scaling node that ends the pattern, the weights' scale and the name of the float bias ("" if none)."""
    bias = ""
    result = node.output[0]
    add = graph.only_reader(result, "Add")
    if add is not None:
        bias = _bias(graph, next(name for name in add.input if name != result))
        if not bias:
            return None
        result = add.output[0]
    cast = graph.only_reader(result, "Cast")
    scaling = graph.only_reader(cast.output[0], "Mul") if cast is not None else None
    if cast is None or scaling is None:
        return None
    factor = graph.producer(next(name for name in scaling.input if name != cast.output[0]), "Mul")
    scales = [graph.constant(name) for name in factor.input] if factor is not None else []
    known = [scale for scale in scales if scale is not None]
    return (scaling, known[0].astype(np.float32), bias) if known else None


def _bias(graph: Graph, name: str) -> str:
    """Follow a bias given in quantisation steps back to its float constant; "" if there is none."""
    while (node := graph.producer(name)) is not None:
        name = node.input[0]
        if node.op_type == "Div":
            break
    value = graph.constant(name)
    return name if value is not None and value.dtype == np.float32 else ""


def _weights(graph: Graph, node: Any, scale: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    stored = graph.constant(node.input[1])
    assert stored is not None
    zero = graph.constant(node.input[3]) if len(node.input) > 3 and node.input[3] else None
    per_channel = (-1,) + (1,) * (stored.ndim - 1)
    steps = stored.astype(np.float32)
    if zero is not None:
        steps = steps - zero.astype(np.float32).reshape(per_channel if zero.size > 1 else ())
    weights: npt.NDArray[np.float32] = steps * scale.reshape(per_channel if scale.size > 1 else ())
    return weights
