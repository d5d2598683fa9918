"""What torch says of a device in its messages, as errors of ours: too little memory, or a device that is lost."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Final

from exceptions import DeviceLostError, DeviceMemoryError

_MEMORY: Final = (
    "out of memory",  # torch.OutOfMemoryError of CUDA and HIP, RuntimeError of MPS, cudaErrorMemoryAllocation
    "DefaultCPUAllocator: can't allocate memory",  # torch's c10/core/impl/alloc_cpu.cpp on Unix
    "DefaultCPUAllocator: not enough memory",  # the same on Windows
    "CUBLAS_STATUS_ALLOC_FAILED",  # cuBLAS takes its workspace beside torch's allocator
)
_LOST: Final = (
    "uncorrectable ECC error encountered",  # 214, cudaErrorECCUncorrectable
    "uncorrectable NVLink error detected",  # 220, cudaErrorNvlinkUncorrectable
    "an illegal memory access was encountered",  # 700, cudaErrorIllegalAddress
    "the launch timed out and was terminated",  # 702, cudaErrorLaunchTimeout
    "device-side assert triggered",  # 710, cudaErrorAssert
    "hardware stack error",  # 714, cudaErrorHardwareStackError
    "an illegal instruction was encountered",  # 715, cudaErrorIllegalInstruction
    "misaligned address",  # 716, cudaErrorMisalignedAddress
    "operation not supported on global/shared address space",  # 717, cudaErrorInvalidAddressSpace
    "invalid program counter",  # 718, cudaErrorInvalidPc
    "unspecified launch failure",  # 719, cudaErrorLaunchFailure
    "unknown error",  # 999, cudaErrorUnknown
)
"""Texts of ``cudaGetErrorString`` and its HIP counterpart for errors after which, by NVIDIA's reference of the CUDA
runtime, the process must be terminated and relaunched, and for hardware that is broken."""

_SAYS_MEMORY: Final = re.compile("|".join(map(re.escape, _MEMORY)))
# Only the sentence itself: the advice that torch adds to each of them speaks of device-side assertions, too.
_SAYS_LOST: Final = re.compile(rf"\b(?:CUDA|HIP) error: (?:{'|'.join(map(re.escape, _LOST))})")


@contextlib.contextmanager
def device_errors() -> Iterator[None]:
    """Turn torch's errors about the device into ours; others pass as they are.

    Raises:
        DeviceMemoryError: the device has too little memory for what the block does.
        DeviceLostError: the device failed so that nothing works on it any more in this process.
    """
    try:
        yield
    except RuntimeError as error:
        if _SAYS_LOST.search(str(error)):
            raise DeviceLostError("The device failed and works again only in a new process.") from error
        if type(error).__name__ == "OutOfMemoryError" or _SAYS_MEMORY.search(str(error)):
            raise DeviceMemoryError(
                "The device has too little memory; a smaller model or fewer rows in models.options need less."
            ) from error
        raise
