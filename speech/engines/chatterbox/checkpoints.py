"""The released Chatterbox checkpoints: their files, where they come from, finding them on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from exceptions import ModelLoadError

Family = Literal["english", "multilingual", "turbo", "nano", "vc"]
"""Which classes of the package read a checkpoint."""


@dataclass(frozen=True)
class CheckpointFile:
    """One file of a checkpoint.

    Attributes:
        name: in the repository and in the checkpoint's folder.
        megabytes: about its size, for the share done.
        optional: the checkpoint works without it.
    """

    name: str
    megabytes: int = 1
    optional: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """A released model.

    Attributes:
        name: how this program calls it.
        family: which classes read it.
        folder: its place below the operator's model folder.
        repository: on the model hub.
        revision: commit there. The commits are those that other public projects pin; they were never fetched here.
        t3: file with the weights from text to speech tokens; empty for voice conversion.
        voice_encoder: file with the speaker encoder's weights; empty for voice conversion.
        s3gen: file with the weights from speech tokens to sound.
        text: files of the text tokenizer; the first is the vocabulary.
        extras: files that it works without.
    """

    name: str
    family: Family
    folder: str
    repository: str
    revision: str
    t3: str
    voice_encoder: str
    s3gen: str
    text: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[CheckpointFile, ...]:
        """All files; the optional ones, the built-in voice among them, come last."""
        weights = [name for name in (self.t3, self.voice_encoder, self.s3gen) if name]
        return (
            *(CheckpointFile(name, _MEGABYTES[name]) for name in weights),
            *(CheckpointFile(name) for name in self.text),
            *(CheckpointFile(name, optional=True) for name in (CONDITIONALS, *self.extras)),
        )

    @property
    def megabytes(self) -> int:
        """About the size of all files together."""
        return sum(file.megabytes for file in self.files)

    def complete(self, folder: Path) -> bool:
        """Whether `folder` holds every file that is needed."""
        return all(file.optional or (folder / file.name).is_file() for file in self.files)


CONDITIONALS: Final = "conds.pt"
"""The built-in voice, in every repository."""

CANGJIE: Final = "Cangjie5_TC.json"
"""By this table Chinese characters become tokens."""

# What float32 weights of these architectures take.
_MEGABYTES: Final = {
    "t3_cfg.safetensors": 2130,
    "t3_mtl23ls_v2.safetensors": 2144,
    "t3_mtl23ls_v3.safetensors": 2144,
    "t3_turbo_v1.safetensors": 1916,
    "t3_nano_v1.safetensors": 870,
    "s3gen.safetensors": 1056,
    "s3gen.pt": 1056,
    "s3gen_meanflow.safetensors": 1065,
    "ve.safetensors": 6,
    "ve.pt": 6,
}
_BASE: Final = ("chatterbox", "ResembleAI/chatterbox", "5bb1f6ee58e50c3b8d408bc82a6d3740c2db6e18")
_TURBO: Final = ("chatterbox-turbo", "ResembleAI/chatterbox-turbo", "749d1c1a46eb10492095d68fbcf55691ccf137cd")
_NANO: Final = ("chatterbox-nano", "ResembleAI/chatterbox-nano", "71ccd1d0081b430592cea481f4307e764e07bc64")
_GPT2: Final = ("vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json")
_SPECIAL: Final = ("special_tokens_map.json",)


def _multilingual(name: str, t3: str) -> Checkpoint:
    return Checkpoint(
        name, "multilingual", *_BASE, t3, "ve.pt", "s3gen.pt", ("grapheme_mtl_merged_expanded_v1.json",), (CANGJIE,)
    )


def _gpt2(name: Family, place: tuple[str, str, str], t3: str) -> Checkpoint:
    return Checkpoint(name, name, *place, t3, "ve.safetensors", "s3gen_meanflow.safetensors", _GPT2, _SPECIAL)


CHECKPOINTS: Final = {
    checkpoint.name: checkpoint
    for checkpoint in (
        Checkpoint(
            "english",
            "english",
            *_BASE,
            "t3_cfg.safetensors",
            "ve.safetensors",
            "s3gen.safetensors",
            ("tokenizer.json",),
        ),
        _multilingual("multilingual", "t3_mtl23ls_v2.safetensors"),
        _multilingual("multilingual-v3", "t3_mtl23ls_v3.safetensors"),
        _gpt2("turbo", _TURBO, "t3_turbo_v1.safetensors"),
        _gpt2("nano", _NANO, "t3_nano_v1.safetensors"),
        Checkpoint("vc", "vc", *_BASE, "", "", "s3gen.safetensors"),
    )
}
"""All checkpoints by name.

The files of english, multilingual (v2), turbo and vc are those that the package's release 0.1.7 asks for. Nano and
the v3 weights of the multilingual model are known from the package's repository only, which reads v3 with the
same classes and beside the same ``s3gen.pt``.
"""


def checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name.

    Raises:
        ModelLoadError: there is none.
    """
    try:
        return CHECKPOINTS[name]
    except KeyError:
        raise ModelLoadError(
            f"There is no Chatterbox model called {name!r}; there are {', '.join(CHECKPOINTS)}."
        ) from None


def find(name: str, local_dir: Path | None = None, cache_dir: Path | None = None) -> Path | None:
    """The folder on this machine that holds all needed files of a checkpoint, or ``None``; downloads nothing.

    Looked at in this order: the model's folder below `local_dir`, `local_dir` itself, the model hub's cache (the
    pinned revision, then whatever the package's own loader fetched last).

    Args:
        name: key of `CHECKPOINTS`.
        local_dir: the operator's model folder.
        cache_dir: of the model hub; ``None`` for its usual place.
    """
    wanted = checkpoint(name)
    if local_dir is not None:
        for folder in (local_dir / wanted.folder, local_dir):
            if wanted.complete(folder):
                return folder
    return _cached(wanted, cache_dir)


def _cached(wanted: Checkpoint, cache_dir: Path | None) -> Path | None:
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    first = wanted.files[0].name
    for revision in (wanted.revision, "main"):
        path = try_to_load_from_cache(wanted.repository, first, cache_dir=cache_dir, revision=revision)
        # The hub answers with a marker object where it knows that the file does not exist.
        if isinstance(path, str) and wanted.complete(Path(path).parent):
            return Path(path).parent
    return None
