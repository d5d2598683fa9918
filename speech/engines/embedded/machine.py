"""What the CPU does with 8-bit models: which one it is, and whether its 8-bit arithmetic is exact."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

_CHANNELS = 64


def cpu_name() -> str:
    """Model name of the CPU, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def int8_is_exact() -> bool:
    """Whether onnxruntime multiplies 8-bit numbers here without overflow.

    On x86 CPUs without VNNI its kernels add pairs of products in 16 bits, which saturates (onnxruntime's
    quantisation guide, "When and why do I need to try U8U8?"). A convolution of the largest numbers shows it.
    """
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "one": np.array(1.0, np.float32),
        "large": np.array(127.0 * _CHANNELS, np.float32),
        "zero": np.array(0, np.uint8),
        "weights": np.full((_CHANNELS, _CHANNELS, 1), 127, np.int8),
        "signed_zero": np.array(0, np.int8),
    }
    names = ["x", "one", "zero", "weights", "one", "signed_zero", "large", "zero"]
    shape = [1, _CHANNELS, _CHANNELS]
    graph = helper.make_graph(
        [helper.make_node("QLinearConv", names, ["y"])],
        "overflow",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    result = session.run(None, {"x": np.full(shape, 255, np.uint8)})[0]
    return bool((result == 255).all())
