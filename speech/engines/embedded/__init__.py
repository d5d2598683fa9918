"""The embedded engine: Kokoro-82M on onnxruntime, needing nothing but installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from exceptions import ConfigurationError

if TYPE_CHECKING:
    from speech.engines.embedded.engine import EmbeddedEngine
    from speech.engines.registry import EngineContext


def create(context: EngineContext) -> EmbeddedEngine:
    """Build from the configuration section ``models.options``, which may name a ``variant``.

    Raises:
        ConfigurationError: another option, or no such variant.
    """
    from speech.engines.embedded.engine import EmbeddedEngine
    from speech.engines.embedded.variants import VariantName
    from speech.weights import WeightStore

    options = dict(context.options)
    variant = options.pop("variant", "auto")
    if options:
        raise ConfigurationError(
            f"The embedded engine has no option {next(iter(options))!r}; it has: variant.", field="models.options"
        )
    if variant not in get_args(VariantName):
        raise ConfigurationError(
            f"The embedded engine has no variant {variant!r}; there are: {', '.join(get_args(VariantName))}.",
            field="models.options.variant",
        )
    weights = WeightStore(context.cache_dir, context.local_dir, context.allow_hub, context.retry)
    return EmbeddedEngine(weights, context.cache_dir, variant, context.threads, context.voices_dir)
