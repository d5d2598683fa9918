"""Every quirk of the Chatterbox package and its neighbours, each with its reason."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

from exceptions import ModelLoadError

PACKAGES: Final = {
    "torch": "torch",
    "torchaudio": "torchaudio",
    "transformers": "transformers",
    "safetensors": "safetensors",
    "librosa": "librosa",
    "pyloudnorm": "pyloudnorm",
    "s3tokenizer": "s3tokenizer",
    "conformer": "conformer",
    "diffusers": "diffusers",
    "perth": "resemble-perth",
    "chatterbox": "chatterbox-tts",
}
"""Importable name to the name of its distribution, of all that speech with Chatterbox needs."""

INSTALL: Final = "python3 start.py setup --with chatterbox"


def require() -> None:
    """Check that all packages are installed, without importing them.

    Raises:
        ModelLoadError: names the missing ones and how to install them.
    """
    missing = [name for module, name in PACKAGES.items() if not _installed(module)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise ModelLoadError(
            f"Chatterbox cannot be loaded: {', '.join(missing)} {verb} not installed. Run {INSTALL}.",
            detail={"missing": missing},
        )


def _installed(module: str) -> bool:
    spec = importlib.util.find_spec(module)
    # A mere folder of that name on the path is found too, as a package without a file of its own.
    return spec is not None and spec.origin is not None


def prepare() -> None:
    """Make the packages importable side by side and import Chatterbox; does nothing the second time.

    Call it before any import of ``chatterbox`` or ``perth``.

    Raises:
        ModelLoadError: a package is missing or does not fit the others.
    """
    require()
    _detach_torchaudio()
    # The perceiver of the English model says so at every voice, in the thread that speaks.
    warnings.filterwarnings("ignore", ".*sdp_kernel", FutureWarning)
    with known_warnings():
        try:
            import chatterbox  # noqa: F401
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelLoadError(
                f"The Chatterbox packages do not fit together ({type(error).__name__}). Run {INSTALL}."
            ) from error
    _add_nano_architecture()


@contextlib.contextmanager
def known_warnings() -> Iterator[None]:
    """Silence what the packages are known to warn of while they are imported and their networks are built.

    The filters hold for the whole process as long as the block lasts; they match nothing but these sentences.
    """
    with warnings.catch_warnings():
        # perth asks setuptools' pkg_resources for its own folder, which setuptools 80 answers with a warning.
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
        # The flow network takes its feed-forward blocks from diffusers 0.29, which would rather not have them.
        warnings.filterwarnings("ignore", "`LoRACompatibleLinear` is deprecated", FutureWarning)
        # transformers hands GPT-2's two vocabulary files to the tokenizers library by their names.
        warnings.filterwarnings("ignore", "Deprecated in 0.9.0: BPE.__init__", DeprecationWarning)
        yield


def watermarker() -> Any:
    """A new watermarker of the perth package (its weights are part of the package).

    Raises:
        ModelLoadError: it cannot be made in this environment.
    """
    prepare()
    import perth
    from perth.perth_net.perth_net_implicit.model import perth_net

    # perth swallows the ImportError of a setuptools without pkg_resources and leaves None instead of its class.
    if perth.PerthImplicitWatermarker is None:
        raise ModelLoadError(f"The watermarker needs setuptools older than 81. Run {INSTALL}.")
    silence_prints(perth_net)
    return perth.PerthImplicitWatermarker()


def silence_prints(module: types.ModuleType) -> None:
    """Give a module of the packages a `print` that prints nothing; the service's output is its own.

    A name in the module hides the builtin for that module only, and unlike a redirected ``sys.stdout`` takes
    nothing away from other threads.
    """
    vars(module)["print"] = _nothing


def _nothing(*_values: object, **_options: object) -> None:
    """Stands where a module calls `print`."""


def _detach_torchaudio() -> None:
    """Let torchaudio be imported without its compiled part, unless it was released together with this torch.

    The wheels on the package index are linked to CUDA and to one torch: beside a CPU torch the import fails with
    ``libc10_cuda.so: cannot open shared object file``, beside another CUDA version with a ``RuntimeError``.
    Chatterbox uses resampling and filter banks, which are plain Python.
    """
    if "torchaudio" in sys.modules or _versions_match():
        return
    stub = types.ModuleType("torchaudio._extension")
    values = vars(stub)
    # Newer releases ask for the first two names, older ones for all of them.
    values["_IS_TORCHAUDIO_EXT_AVAILABLE"] = False
    values["fail_if_no_align"] = _unchanged
    values["_IS_ALIGN_AVAILABLE"] = values["_IS_RIR_AVAILABLE"] = False
    values["fail_if_no_rir"] = _unchanged
    values["lazy_import_sox_ext"] = values["_check_cuda_version"] = _nothing
    sys.modules.setdefault(stub.__name__, stub)


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _versions_match() -> bool:
    # Builds of one release carry the same version and the same local tag (2.6.0, or 2.6.0+cu124).
    return importlib.metadata.version("torch") == importlib.metadata.version("torchaudio")


def _add_nano_architecture() -> None:
    """Name Nano's backbone, which the package's repository has but release 0.1.7 lacks.

    Values of the repository's ``GPT2_small`` entry: GPT-2 medium's with half the layers at three quarters the width.
    """
    from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS

    small = {**LLAMA_CONFIGS["GPT2_medium"], "n_embd": 768, "hidden_size": 768, "n_head": 12, "n_layer": 12}
    LLAMA_CONFIGS.setdefault("GPT2_small", small)
