"""Rewriting chains of element-wise operators into fewer ones that compute the same.

Each operator of such a chain reads and writes the whole activation once, so its cost is memory traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from speech.engines.embedded.graph import Graph


@dataclass(frozen=True)
class _Normalisation:
    """Adaptive instance normalisation as exported: nine operators from `source` to `last`."""

    source: str
    scale: str
    shift: str
    epsilon: float
    last: Any


def fuse_normalisations(graph: Graph, prefix: str = "") -> int:
    """Replace each spelled-out adaptive instance normalisation by one ``InstanceNormalization``.

    Only nodes whose name begins with `prefix` are looked at.

    The replaced pattern, over the last axis of a (1, C, n) tensor::

        d = x - ReduceMean(x);  y = d / Sqrt(ReduceMean(d * d) + epsilon) * scale + shift

    Returns:
        How many were replaced.
    """
    from onnx import helper

    flat = graph.add_constant("fused_flat_shape", np.array([-1], dtype=np.int64))
    replaced = 0
    for node in graph.nodes:
        found = _normalisation(graph, node) if node.op_type == "Sqrt" and node.name.startswith(prefix) else None
        if found is None:
            continue
        name = found.last.name
        flattened = [f"{name}_scale", f"{name}_shift"]
        graph.replace(
            found.last,
            [
                helper.make_node("Reshape", [found.scale, flat], [flattened[0]], name=f"{name}_scale_flat"),
                helper.make_node("Reshape", [found.shift, flat], [flattened[1]], name=f"{name}_shift_flat"),
                helper.make_node(
                    "InstanceNormalization",
                    [found.source, *flattened],
                    [found.last.output[0]],
                    name=f"{name}_fused",
                    epsilon=found.epsilon,
                ),
            ],
        )
        replaced += 1
    graph.apply()
    return replaced


def _normalisation(graph: Graph, root: Any) -> _Normalisation | None:
    plus = graph.producer(root.input[0], "Add")
    variance = (
        next((mean for name in plus.input if (mean := graph.producer(name, "ReduceMean"))), None) if plus else None
    )
    square = graph.producer(variance.input[0], "Mul") if variance is not None else None
    centred = graph.producer(square.input[0], "Sub") if square is not None else None
    if plus is None or variance is None or square is None or centred is None:
        return None
    mean = graph.producer(centred.input[1], "ReduceMean")
    quotient = graph.only_reader(root.output[0], "Div")
    product = graph.only_reader(quotient.output[0], "Mul") if quotient is not None else None
    last = graph.only_reader(product.output[0], "Add") if product is not None else None
    epsilon = next((value for name in plus.input if (value := graph.constant(name)) is not None), None)
    if mean is None or quotient is None or product is None or last is None or epsilon is None:
        return None
    same = (
        square.input[0] == square.input[1]
        and quotient.input[0] == centred.output[0]
        and mean.input[0] == centred.input[0]
        and _over_last_axis(graph, mean)
        and _over_last_axis(graph, variance)
    )
    if not same:
        return None
    return _Normalisation(
        source=centred.input[0],
        scale=_other(product, quotient.output[0]),
        shift=_other(last, product.output[0]),
        epsilon=float(epsilon),
        last=last,
    )


def _over_last_axis(graph: Graph, mean: Any) -> bool:
    axes = graph.constant(mean.input[1]) if len(mean.input) > 1 else None
    return axes is not None and axes.tolist() in ([2], [-1])


def _other(node: Any, name: str) -> str:
    """The input of a two-input node that is not `name`."""
    return str(node.input[1] if node.input[0] == name else node.input[0])


def fuse_snakes(graph: Graph) -> int:
    """Shorten each snake activation between an instance normalisation and a convolution.

    ``x + sin(a x)^2 / a`` per channel becomes ``u + sin(u)^2`` with ``u = a x``: the factor ``a`` goes into
    the normalisation's scale and shift, ``1 / a`` into the convolution's weights. (Snake: Ziyin et al. 2020,
    "Neural networks fail to learn periodic functions and how to fix it", equation 3.)

    Returns:
        How many were shortened.
    """
    from onnx import helper

    replaced = 0
    for node in graph.nodes:
        found = _snake(graph, node) if node.op_type == "Sin" else None
        if found is None:
            continue
        name = node.name
        channels = graph.add_constant(f"{name}_alpha", found.alpha.ravel())
        normalisation, result = found.normalisation, found.result
        scaled = [f"{name}_scale", f"{name}_shift"]
        graph.replace(
            normalisation,
            [
                helper.make_node("Mul", [normalisation.input[1], channels], [scaled[0]], name=f"{name}_scale"),
                helper.make_node("Mul", [normalisation.input[2], channels], [scaled[1]], name=f"{name}_shift"),
                _with_inputs(normalisation, [normalisation.input[0], *scaled]),
            ],
        )
        angle = normalisation.output[0]
        graph.replace(
            result,
            [
                helper.make_node("Sin", [angle], [f"{name}_sine"], name=f"{name}_sine"),
                helper.make_node("Mul", [f"{name}_sine"] * 2, [f"{name}_square"], name=f"{name}_square"),
                helper.make_node("Add", [angle, f"{name}_square"], [result.output[0]], name=f"{name}_sum"),
            ],
        )
        weights = graph.constant(found.convolution.input[1])
        assert weights is not None
        folded = graph.add_constant(f"{name}_weights", weights / found.alpha.reshape(1, -1, 1))
        inputs = list(found.convolution.input)
        graph.replace(found.convolution, [_with_inputs(found.convolution, [inputs[0], folded, *inputs[2:]])])
        replaced += 1
    graph.apply()
    return replaced


@dataclass(frozen=True)
class _Snake:
    alpha: npt.NDArray[np.float32]
    normalisation: Any
    result: Any
    convolution: Any


def _snake(graph: Graph, sine: Any) -> _Snake | None:
    angle = graph.producer(sine.input[0], "Mul")
    square = graph.only_reader(sine.output[0], "Pow")
    scaled = graph.only_reader(square.output[0], "Mul") if square is not None else None
    result = graph.only_reader(scaled.output[0], "Add") if scaled is not None else None
    if angle is None or square is None or scaled is None or result is None:
        return None
    convolution = graph.only_reader(result.output[0], "Conv")
    alpha = next((value for name in angle.input if (value := graph.constant(name)) is not None), None)
    inverse = graph.constant(_other(scaled, square.output[0]))
    exponent = graph.constant(square.input[1])
    normalisation = graph.producer(_other(result, scaled.output[0]), "InstanceNormalization")
    if convolution is None or alpha is None or inverse is None or exponent is None or normalisation is None:
        return None
    same = (
        normalisation.output[0] in angle.input
        and len(graph.readers(normalisation.output[0])) == 2
        and float(exponent) == 2.0
        and np.allclose(alpha * inverse, 1.0, rtol=1e-4)
    )
    return _Snake(alpha, normalisation, result, convolution) if same else None


def _with_inputs(node: Any, inputs: list[str]) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    del copy.input[:]
    copy.input.extend(inputs)
    return copy
