"""Linear layers in the arithmetic that was chosen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

from exceptions import ModelLoadError
from speech.engines.chatterbox.tensors import Tensor

Arithmetic = Literal["float32", "bfloat16", "int8"]
Linear = Callable[[Tensor], Tensor]


class LinearFactory:
    """Makes linear layers and says in which type the numbers between them are.

    ``int8`` holds weights per output channel and activations per tensor in 8 bits (fbgemm, CPU only). Because
    the scale of the activations is taken over the whole batch, its tokens depend on the neighbours in the
    batch: the promises of reproducibility hold for float32 only.

    Raises:
        ModelLoadError: int8 on a device that is no CPU, or on a torch without fbgemm.
    """

    def __init__(self, arithmetic: Arithmetic, device: Tensor) -> None:
        import torch

        self._torch = torch
        self._arithmetic = arithmetic
        self.dtype = torch.bfloat16 if arithmetic == "bfloat16" else torch.float32
        self.shares_weights = arithmetic == "float32"
        if arithmetic == "int8":
            if device.type != "cpu":
                raise ModelLoadError("8-bit arithmetic of the decoder is for the CPU; choose bfloat16 on a GPU.")
            if "fbgemm" not in torch.backends.quantized.supported_engines:
                raise ModelLoadError("This build of torch has no 8-bit arithmetic for this CPU.")

    def vector(self, values: Tensor) -> Tensor:
        """A bias, a norm's weight or a table in the type of the activations."""
        return values.detach().to(self.dtype)

    def __call__(self, weight: Tensor, bias: Tensor | None = None) -> Linear:
        """A layer from a weight (outputs, inputs) and a bias (outputs,)."""
        weight, bias = weight.detach(), None if bias is None else bias.detach()
        if self._arithmetic == "int8":
            return self._int8(weight.float(), bias)
        linear = self._torch.nn.functional.linear
        weight, bias = weight.to(self.dtype), None if bias is None else bias.to(self.dtype)
        return lambda values: linear(values, weight, bias)

    def _int8(self, weight: Tensor, bias: Tensor | None) -> Linear:
        torch = self._torch
        scales = weight.abs().amax(dim=1).clamp_min(1e-8) / 127
        zeros = torch.zeros(weight.shape[0], dtype=torch.long)
        with warnings.catch_warnings():
            # torch plans to remove this tensor type; until then nothing else is as fast on a CPU.
            warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
            quantized = torch.quantize_per_channel(weight.contiguous(), scales, zeros, 0, torch.qint8)
        engine = torch.backends.quantized.engine
        torch.backends.quantized.engine = "fbgemm"
        try:
            packed = torch.ops.quantized.linear_prepack(quantized, bias)
        finally:
            torch.backends.quantized.engine = engine
        run = torch.ops.quantized.linear_dynamic
        return lambda values: run(values, packed, False)


def release(parameter: Tensor) -> None:
    """Give back the memory of a weight that was copied into another form."""
    parameter.data = parameter.data.new_empty(0)
